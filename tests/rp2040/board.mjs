// The RP2040's own binary in an emulator: `node board.mjs MODULES FLASH NETWORK [ELF …]`,
// the folder that has node_modules, a file that is the flash and outlives this, the socket
// of QEMU's network, and what is put into the flash first. Lines of JSON both ways:
//
//   {"meter": "hex"}   to the meter's port     {"silent": {…}} when the last byte is through
//   {"usb": "text"}    typed over USB          {"usb": "text"} what is answered there
//   {"pulse": [ms]}    S0 closed, open, …      {"pulsed": true}
//   {"trouble": "hang"} or "fault": the program no longer gets on
//   {"mark": true}     asks for the counters   {"mark": {…}}
//   {"look": true}     at the HUB75 panel      {"refresh": {"cycles": …, "rows": […]}}
//   {"watch": true}    for the first LED that  {"changed": {"ns": …}} behind the last byte of
//                      changes                 the meter; null: before it
//   {"cut": [at, 2]}   the power goes amid the second operation on this page of the flash
//                                              {"started": 1} after each reset
//
// Not here: the second core, and any delay of the flash but that of writing. A cycle is one
// of the processor alone; DMA takes none.
import { openSync, readFileSync, readSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Hub75 } from "./hub75.mjs";
import { Rom } from "./rom.mjs";
import { Contact } from "./s0.mjs";
import { Stack } from "./stack.mjs";
import { Line } from "./uart.mjs";
import { Computer } from "./usb.mjs";
import { Cable, W5500 } from "./w5500.mjs";
import { Within } from "./within.mjs";

const [modules, flashFile, network, ...programs] = process.argv.slice(2);
const emulator = createRequire(join(modules, "package.json"))("rp2040js");
const { RP2040, ConsoleLogger, LogLevel } = emulator;
const SIZE = 2 << 20;
const FLASH = 0x10000000;
const SECOND_STAGE = 0x100; // bytes before the vector table
const WATCHDOG = 0x40058; // pages of 4 KiB
const XIP_CTRL = 0x14000;
const S0 = 22;
const HARD_FAULT = 3;
const HZ = 125e6;
const CYCLE_NS = 1e9 / HZ;
const SLICE = 20000; // instructions between two looks at the world outside
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

// What the linker wants in flash.
function* segments(elf) {
  const [table, count] = [elf.readUInt32LE(28), elf.readUInt16LE(44)];
  for (let at = table; at < table + 32 * count; at += 32) {
    const word = (offset) => elf.readUInt32LE(at + offset);
    const [type, from, to, length] = [word(0), word(4), word(12), word(16)];
    if (type === 1 && length > 0) yield [to - FLASH, elf.subarray(from, from + length)];
  }
}

const file = openSync(flashFile, "r+");
const flash = Buffer.alloc(SIZE);
readSync(file, flash, 0, SIZE, 0);
const elves = programs.map((program) => readFileSync(program));
for (const elf of elves) {
  for (const [at, bytes] of segments(elf)) {
    bytes.copy(flash, at);
    writeSync(file, bytes, 0, bytes.length, at);
  }
}
const stack = new Stack(elves);
const decoder = new Within(elves, /gateway5meter2p1.*7Decoder4next/);
const cable = new Cable(network);
const board = { starts: 0, ns: 0, busy: 0, memory: null, reason: 0, reset: false, cut: null };

function start() {
  const chip = new RP2040();
  chip.logger = new ConsoleLogger(LogLevel.Error, false);
  // Of this instruction the emulator makes a line of its log alone, and tasks overslept.
  chip.logger.info = (_, what) => {
    if (what === "SEV") chip.core.eventRegistered = true;
  };
  chip.flash.set(flash);
  if (board.memory) chip.sram.set(board.memory); // a reset leaves it as it was
  board.chip = chip;
  board.rom = new Rom(chip, (at, length) => {
    const last = at === board.cut?.[0] && --board.cut[1] === 0;
    const done = last ? length >> 1 : length;
    flash.set(chip.flash.subarray(at, at + done), at);
    writeSync(file, flash, at, done, at);
    if (last) process.exit(1);
  });
  board.w5500 = new W5500(cable, chip);
  board.meter = new Line(chip, 1, 115200);
  board.panel = new Hub75(chip, HZ);
  board.computer = new Computer(chip, emulator.USBCDC, (text) => say({ usb: text }));
  board.contact = new Contact(chip, S0);
  const watchdog = chip.peripherals[WATCHDOG];
  watchdog.reason = board.reason;
  watchdog.onWatchdogTrigger = () => {
    board.reset = true;
    watchdog.alarm.enable = false; // or the emulator barks at this moment for ever
  };
  // The emulator lacks it: nothing streams.
  chip.peripherals[XIP_CTRL] = { readUint32: () => 0, writeUint32Atomic: () => {} };
  chip.core.VTOR = FLASH + SECOND_STAGE; // what the second stage of the boot does
  chip.core.reset();
  board.starts++;
  say({ started: board.starts });
}

const now = () => board.ns + board.chip.clock.nanos;
const begin = performance.now();
let fed = null; // time and busy cycles when the meter began
let heard = null; // when its last byte was through

function reportSilence() {
  const [ns, busy] = fed;
  fed = null;
  heard = now();
  say({ silent: { ns: now() - ns, busy: board.busy - busy, lost: board.meter.lost } });
}

function pass(ns) {
  board.chip.clock.tick(ns);
  if (board.panel.looking) board.panel.run(ns);
}

// Runs for a while. Gives how long there is nothing to do, ms.
function slice() {
  const { chip, meter, panel } = board;
  const { core, clock } = chip;
  const wall = (performance.now() - begin) * 1e6 - board.ns;
  for (let n = 0; n < SLICE; n++) {
    if (core.waiting) {
      // Asleep, and no further than the world outside is: its answers take real time.
      const idle = clock.nanosToNextAlarm;
      const ahead = clock.nanos + idle - wall;
      if (ahead > 0 && !panel.looking) return Math.min(ahead / 1e6, 1);
      pass(panel.looking ? Math.min(idle, panel.cycle) : idle);
    } else {
      stack.look(core);
      const decodes = decoder.look(core);
      const cycles = core.executeInstruction();
      board.busy += cycles;
      if (decodes) decoder.cycles += cycles;
      pass(cycles * CYCLE_NS);
    }
    if (fed && !meter.running) reportSilence();
    if (board.reset) {
      board.ns += clock.nanos;
      board.memory = chip.sram.slice();
      board.reason = chip.peripherals[WATCHDOG].reason;
      board.reset = false;
      start();
      return 0;
    }
  }
  return 0;
}

// Not amid an interrupt, nor where there may be none: a sleeping emulator would let one in.
function hang() {
  const { core } = board.chip;
  if (core.PM || core.IPSR !== 0) setImmediate(hang);
  else core.PC = board.rom.asleep;
}

function run() {
  const idle = slice();
  if (idle > 0) setTimeout(run, idle);
  else setImmediate(run);
}

const orders = createInterface({ input: process.stdin });
orders.on("line", (line) => {
  const order = JSON.parse(line);
  if (order.meter !== undefined) {
    fed ??= [now(), board.busy];
    heard = null;
    board.meter.feed(Buffer.from(order.meter, "hex"));
  }
  if (order.look) board.panel.refresh((refresh) => say({ refresh }));
  if (order.watch) {
    heard = null;
    board.panel.watch(() => say({ changed: { ns: heard && now() - heard } }));
  }
  if (order.usb !== undefined) board.computer.type(order.usb);
  if (order.pulse) board.contact.pulse(order.pulse, () => say({ pulsed: true }));
  if (order.trouble === "hang") hang();
  if (order.trouble === "fault") {
    board.chip.core.waiting = false;
    board.chip.core.exceptionEntry(HARD_FAULT);
  }
  if (order.cut !== undefined) board.cut = order.cut;
  if (order.mark !== undefined) {
    const { starts, busy, rom, meter, w5500 } = board;
    const counted = { erased: rom.erased, lost: meter.lost, decoder: decoder.cycles };
    say({ mark: { starts, ns: now(), busy, ...counted, frames: w5500.frames, stack: stack.sizes } });
  }
});
orders.on("close", () => process.exit(0));
start();
run();
