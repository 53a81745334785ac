// How deep the stack goes. Nothing on the chip stops it above the program's data, which it
// would run over in silence; here it ends the test.
const RAM = 0x20000000;
const END = 0x20042000;

export class Stack {
  constructor(elves) {
    // The loader has its data at the end of the RAM, where no program is yet. What is in
    // the flash already is not known.
    const ends = elves.map((elf) => Math.max(RAM, ...held(elf)));
    this.floor = elves.length ? Math.min(...ends) : RAM;
    this.top = 0;
    this.deepest = END;
  }

  // Before each instruction.
  look(core) {
    const at = core.registers[13];
    if (at >= this.deepest) return;
    this.deepest = at;
    this.top ||= at;
    if (at < this.floor) throw new Error(`the stack ran ${this.floor - at} bytes into the data, at ${core.PC.toString(16)}`);
  }

  get sizes() {
    return { used: this.top - this.deepest, free: this.deepest - this.floor };
  }
}

// Where what the linker has put into RAM ends.
function* held(elf) {
  const [table, count] = [elf.readUInt32LE(28), elf.readUInt16LE(44)];
  for (let at = table; at < table + 32 * count; at += 32) {
    const [from, length] = [elf.readUInt32LE(at + 8), elf.readUInt32LE(at + 20)];
    if (from >= RAM && from < END) yield from + length;
  }
}
