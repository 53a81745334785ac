// A W5500 in MACRAW mode on SPI0: whole Ethernet frames between its two buffers and a
// socket to QEMU's user network. Numbers are those of WIZnet's data sheet.
import { createConnection } from "node:net";

const PINS = { select: 17, interrupt: 21 };
const SIZE = 0x4000;
const [COMMON, SOCKET, TX, RX] = [0, 1, 2, 3];
const [OPEN, SEND, RECV] = [0x01, 0x20, 0x40];
const RECEIVED = 0x04;

export class W5500 {
  constructor(cable, chip) {
    Object.assign(this, { cable, chip });
    cable.onFrame = (frame) => this.receive(frame);
    this.banks = [new Uint8Array(0x100), new Uint8Array(0x100)];
    this.banks.push(new Uint8Array(SIZE), new Uint8Array(SIZE));
    this.banks[COMMON][0x39] = 4; // version
    this.banks[COMMON][0x2e] = 0xbf; // the cable is in
    this.written = 0;
    this.phase = 0;
    this.frames = { in: 0, out: 0, lost: 0 };
    this.update();
    chip.gpio[PINS.select].addListener(() => (this.phase = 0));
    const spi = chip.spi[0];
    spi.onTransmit = (byte) => {
      const answer = this.transfer(byte);
      // As long as eight bits take; never at once, or the DMA overtakes itself.
      const done = chip.clock.createAlarm(() => spi.completeTransmit(answer));
      done.schedule(8e9 / (spi.clockFrequency || 1e6));
    };
  }

  get16(bank, at) {
    return (this.banks[bank][at] << 8) | this.banks[bank][at + 1];
  }

  set16(bank, at, value) {
    this.banks[bank][at] = (value >> 8) & 0xff;
    this.banks[bank][at + 1] = value & 0xff;
  }

  transfer(byte) {
    const phase = this.phase++;
    if (phase === 0) this.at = byte << 8;
    else if (phase === 1) this.at |= byte;
    else if (phase === 2) [this.bank, this.write] = [byte >> 3, (byte & 4) !== 0];
    else {
      const at = this.bank >= TX ? this.at++ % SIZE : this.at++ & 0xff;
      if (this.write) this.put(at, byte);
      else return this.banks[this.bank][at];
    }
    return 0;
  }

  put(at, byte) {
    const socket = this.banks[SOCKET];
    if (this.bank === SOCKET && at === 0x01) this.command(byte);
    else if (this.bank === SOCKET && at === 0x02) socket[0x02] &= ~byte;
    else if (!(this.bank === COMMON && at === 0)) this.banks[this.bank][at] = byte;
    this.update();
  }

  command(command) {
    if (command === OPEN) this.banks[SOCKET][0x03] = 0x42;
    if (command === SEND) {
      const [from, to] = [this.get16(SOCKET, 0x22), this.get16(SOCKET, 0x24)];
      const frame = Buffer.alloc((to - from) & 0xffff);
      for (let n = 0; n < frame.length; n++) frame[n] = this.banks[TX][(from + n) % SIZE];
      this.set16(SOCKET, 0x22, to);
      this.frames.out++;
      this.cable.send(frame);
    }
    if (command === RECV && this.waiting() > 0) this.banks[SOCKET][0x02] |= RECEIVED;
  }

  waiting() {
    return (this.written - this.get16(SOCKET, 0x28)) & 0xffff;
  }

  receive(frame) {
    const mine = this.banks[COMMON].subarray(9, 15);
    const wanted = frame[0] & 1 || mine.every((byte, n) => byte === frame[n]);
    if (!wanted || this.banks[SOCKET][0x03] !== 0x42) return;
    if (this.waiting() + frame.length + 2 > SIZE) return void this.frames.lost++;
    const length = frame.length + 2;
    for (const byte of [length >> 8, length & 0xff, ...frame]) {
      this.banks[RX][this.written % SIZE] = byte;
      this.written = (this.written + 1) & 0xffff;
    }
    this.frames.in++;
    this.banks[SOCKET][0x02] |= RECEIVED;
    this.update();
  }

  update() {
    this.set16(SOCKET, 0x20, SIZE); // all that was sent is gone
    this.set16(SOCKET, 0x26, this.waiting());
    const raised = this.banks[SOCKET][0x02] & this.banks[SOCKET][0x2c];
    this.chip.gpio[PINS.interrupt].setInputValue(!(raised && this.banks[COMMON][0x18] & 1));
  }
}

// Frames to QEMU, a length before each.
export class Cable {
  constructor(path) {
    this.onFrame = () => {};
    this.rest = Buffer.alloc(0);
    this.socket = createConnection(path);
    this.socket.on("data", (bytes) => this.take(bytes));
  }

  send(frame) {
    const length = Buffer.alloc(4);
    // What a cable carries is no shorter than 60 bytes.
    const padded = frame.length < 60 ? Buffer.concat([frame, Buffer.alloc(60 - frame.length)]) : frame;
    length.writeUInt32BE(padded.length);
    this.socket.write(Buffer.concat([length, padded]));
  }

  take(bytes) {
    this.rest = Buffer.concat([this.rest, bytes]);
    while (this.rest.length >= 4 && this.rest.length >= 4 + this.rest.readUInt32BE(0)) {
      const end = 4 + this.rest.readUInt32BE(0);
      this.onFrame(this.rest.subarray(4, end));
      this.rest = this.rest.subarray(end);
    }
  }
}
