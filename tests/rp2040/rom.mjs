// A stand-in for the chip's boot ROM, which is not ours to ship: a table of functions,
// each of them a trap that JavaScript serves. Flash operations take their time, in which
// nothing else of the chip runs.
const ERASE_NS = 45e6; // W25Q16JV, 4 KiB, typical
const PROGRAM_NS = 0.4e6; // 256 bytes, typical
const BASE = 0x100;

const signed = (bits) => bits | 0;
const functions = [
  ["lookup", (rom, { r1 }) => rom.address(String.fromCharCode(r1 & 0xff, r1 >> 8))],
  ["IF", () => 0],
  ["EX", () => 0],
  ["FC", () => 0],
  ["CX", () => 0],
  ["RE", (rom, { r0, r1 }) => rom.erase(r0, r1)],
  ["RP", (rom, { r0, r1, r2 }) => rom.program(r0, r1, r2)],
  ["MC", (rom, { r0, r1, r2 }) => rom.copy(r0, r1, r2)],
  ["C4", (rom, { r0, r1, r2 }) => rom.copy(r0, r1, r2)],
  ["MS", (rom, { r0, r1, r2 }) => rom.fill(r0, r1, r2)],
  ["S4", (rom, { r0, r1, r2 }) => rom.fill(r0, r1, r2)],
  ["L3", (_, { r0 }) => Math.clz32(r0)],
  ["T3", (_, { r0 }) => (r0 ? 31 - Math.clz32(r0 & -r0) : 32)],
];

export class Rom {
  constructor(chip, save) {
    this.chip = chip;
    this.save = save;
    this.erased = 0;
    const bytes = new Uint8Array(chip.bootrom.buffer);
    const view = new DataView(bytes.buffer);
    bytes.set([0x4d, 0x75, 0x01, 0x02], 0x10); // 'M', 'u', 1, version 2
    view.setUint16(0x18, BASE | 1, true);
    functions.forEach((_, number) => {
      view.setUint16(BASE + 4 * number, 0xbe00 | number, true); // bkpt
      view.setUint16(BASE + 4 * number + 2, 0x4770, true); // bx lr
    });
    // For a program that hangs, between interrupts: wfi, and again.
    this.asleep = BASE + 4 * functions.length;
    view.setUint16(this.asleep, 0xbf30, true);
    view.setUint16(this.asleep + 2, 0xe7fd, true);
    chip.onBreak = (number) => this.serve(number);
  }

  address(code) {
    const number = functions.findIndex(([name]) => name === code);
    if (number < 0) throw new Error(`the firmware wants the ROM's ${code}`);
    return (BASE + 4 * number) | 1;
  }

  serve(number) {
    const registers = this.chip.core.registers;
    if (number >= functions.length) throw new Error(`a breakpoint, ${number}`);
    const [r0, r1, r2] = [registers[0] >>> 0, registers[1] >>> 0, registers[2] >>> 0];
    registers[0] = signed(functions[number][1](this, { r0, r1, r2 }));
  }

  erase(from, length) {
    this.chip.flash.fill(0xff, from, from + length);
    this.save(from, length);
    this.erased += length / 4096;
    this.chip.clock.tick((ERASE_NS * length) / 4096);
    return 0;
  }

  program(to, from, length) {
    for (let at = 0; at < length; at++) {
      this.chip.flash[to + at] &= this.chip.readUint8(from + at); // bits only fall
    }
    this.save(to, length);
    this.chip.clock.tick((PROGRAM_NS * length) / 256);
    return 0;
  }

  copy(to, from, length) {
    for (let at = 0; at < length; at++) {
      this.chip.writeUint8(to + at, this.chip.readUint8(from + at));
    }
    return to;
  }

  fill(to, value, length) {
    for (let at = 0; at < length; at++) this.chip.writeUint8(to + at, value & 0xff);
    return to;
  }
}
