// Cycles of the processor within some functions and whatever these call, interrupts
// apart: from the first instruction of one until it is back behind its call. Of functions
// that were built into their callers nothing is seen.
const NAMED = { symbols: 2, strings: 3 };

// First addresses of the ELF's functions whose mangled names match.
function entries(elf, wanted) {
  const [table, size, count] = [elf.readUInt32LE(32), elf.readUInt16LE(46), elf.readUInt16LE(48)];
  const found = new Set();
  const section = (number) => table + size * number;
  for (let number = 0; number < count; number++) {
    const at = section(number);
    if (elf.readUInt32LE(at + 4) !== NAMED.symbols) continue;
    const [from, length] = [elf.readUInt32LE(at + 16), elf.readUInt32LE(at + 20)];
    const names = elf.readUInt32LE(section(elf.readUInt32LE(at + 24)) + 16);
    for (let symbol = from; symbol < from + length; symbol += 16) {
      if ((elf[symbol + 12] & 15) !== 2) continue; // no function
      const name = names + elf.readUInt32LE(symbol);
      const text = elf.toString("latin1", name, elf.indexOf(0, name));
      if (wanted.test(text)) found.add(elf.readUInt32LE(symbol + 4) & ~1);
    }
  }
  return found;
}

export class Within {
  constructor(elves, wanted) {
    this.entries = new Set(elves.flatMap((elf) => [...entries(elf, wanted)]));
    Object.assign(this, { cycles: 0, back: 0, stack: 0 });
  }

  // Before each instruction.
  look(core) {
    if (core.IPSR !== 0) return false;
    if (this.back !== 0) {
      if (core.PC !== this.back || core.SP < this.stack) return true;
      this.back = 0;
    }
    if (!this.entries.has(core.PC)) return false;
    [this.back, this.stack] = [(core.LR & ~1) >>> 0, core.SP];
    return true;
  }
}
