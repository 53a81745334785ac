// A HUB75 panel on the pins of the chip: what its shift registers hold when LAT falls, and
// for how many cycles of the PIO each row of it is lit. Pins are read behind their pads, so
// that inversion, function and direction count.
//
// The emulator would run PIO beside the processor, at no speed in particular. Here both
// have one clock, the state machine's divider is kept, and only while somebody looks: an
// unseen panel stands still, and DMA waits for it.
const [CLK, LAT, OE] = [13, 14, 15];
const COLOURS = [0, 1, 2, 3, 6, 7]; // R1 G1 B1 R2 G2 B2
const ADDRESS = [8, 9, 10, 11, 12]; // A B C D E
const HIGH = 1;

export class Hub75 {
  constructor(chip, hertz) {
    const [pio] = chip.pio;
    pio.run = () => {};
    Object.assign(this, { chip, pio, machine: pio.machines[0], looking: false });
    Object.assign(this, { owed: 0, cycles: 0, shifted: [], latched: "", since: null });
    Object.assign(this, { rows: null, shown: new Map(), onRefresh: null, onChange: null });
    this.cycleNs = 1e9 / hertz;
    chip.gpio[CLK].addListener((value) => value === HIGH && this.shift());
    chip.gpio[LAT].addListener((value) => value !== HIGH && this.latch());
    chip.gpio[OE].addListener((value) => (value === HIGH ? this.dark() : this.light()));
  }

  pin(number) {
    return this.chip.gpio[number].value === HIGH ? 1 : 0;
  }

  // One refresh, from its first row to its last.
  refresh(then) {
    Object.assign(this, { looking: true, rows: null, onRefresh: then });
  }

  // Watches, and reports the first LED that differs from the refresh before.
  watch(then) {
    Object.assign(this, { looking: true, onChange: then });
    this.shown.clear();
  }

  // How long a cycle of PIO is.
  get cycle() {
    return this.cycleNs * (this.machine.clockDivInt || 65536);
  }

  // As long as the processor took.
  run(ns) {
    const { machine, pio, cycle } = this;
    for (this.owed += ns; this.owed >= cycle; this.owed -= cycle) {
      if (!machine.enabled) continue;
      this.cycles++;
      machine.step();
      pio.checkChangedPins();
    }
  }

  shift() {
    this.shifted.push(COLOURS.reduce((bits, pin, at) => bits | (this.pin(pin) << at), 0));
  }

  latch() {
    this.latched = Buffer.from(this.shifted).toString("hex");
    this.shifted = [];
  }

  light() {
    this.row = ADDRESS.reduce((row, pin, at) => row | (this.pin(pin) << at), 0);
    this.since = this.cycles;
    this.slot = this.row === this.before ? this.slot + 1 : 0;
    this.before = this.row;
    const key = 8 * this.row + this.slot;
    const shown = this.shown.get(key);
    this.shown.set(key, this.latched);
    if (this.onChange && shown !== undefined && shown !== this.latched) {
      this.onChange();
      this.onChange = null;
    }
  }

  dark() {
    if (this.since === null || !this.looking) return;
    const { row, slot, cycles } = this;
    const first = row === 0 && slot === 0;
    if (first && this.rows?.length > 0) {
      const rows = this.rows;
      this.rows = null;
      this.onRefresh?.({ cycles: this.since - this.began, rows });
      this.onRefresh = null;
      this.looking = this.onChange !== null;
    }
    if (first && this.onRefresh) [this.rows, this.began] = [[], this.since];
    this.rows?.push({ row, lit: cycles - this.since, pixels: this.latched });
  }
}
