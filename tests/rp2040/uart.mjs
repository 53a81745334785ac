// The receiver of a UART as the chip has it, where the emulator's is simpler: bytes come
// at the speed of the line, the interrupt at a level of the FIFO or when the line falls
// silent, and what finds no room is lost and counted.
const [DR, IFLS, IMSC, RIS, MIS, ICR] = [0x00, 0x34, 0x38, 0x3c, 0x40, 0x44];
const [RX, SILENCE] = [1 << 4, 1 << 6];
const LEVELS = [4, 8, 16, 24, 28];

export class Line {
  constructor(chip, number, baud) {
    const uart = chip.uart[number];
    Object.assign(this, { chip, uart, queue: [], level: 0x12, raised: 0, lost: 0, fed: 0 });
    this.byteNs = 1e10 / baud;
    this.next = chip.clock.createAlarm(() => this.deliver());
    this.silence = chip.clock.createAlarm(() => this.raise(SILENCE));
    this.running = false;
    const [read, write] = [uart.readUint32.bind(uart), uart.writeUint32.bind(uart)];
    uart.checkInterrupts = () => {
      chip.setInterrupt(uart.irq, (this.raised & uart.interruptMask) !== 0);
    };
    uart.readUint32 = (offset) => {
      if (offset === DR) return this.pull();
      if (offset === IFLS) return this.level;
      if (offset === RIS) return this.raised;
      if (offset === MIS) return this.raised & uart.interruptMask;
      if (offset === 0x48) return 0; // no DMA
      return read(offset);
    };
    uart.writeUint32 = (offset, value) => {
      if (offset === IFLS) this.level = value;
      else if (offset === ICR) this.raised &= ~(uart.rawWriteValue & ~RX);
      else write(offset, value);
      if (offset === ICR || offset === IMSC) uart.checkInterrupts();
    };
  }

  get threshold() {
    return LEVELS[(this.level >> 3) & 7] ?? 16;
  }

  raise(which) {
    this.raised |= which;
    this.uart.checkInterrupts();
  }

  feed(bytes) {
    for (const byte of bytes) this.queue.push(byte);
    if (!this.running && this.queue.length > 0) {
      this.running = true;
      this.next.schedule(this.byteNs);
    }
  }

  deliver() {
    const { uart } = this;
    if (uart.rxFIFO.full || !uart.enabled) this.lost++;
    else uart.rxFIFO.push(this.queue[this.fed]);
    this.fed++;
    if (uart.rxFIFO.itemCount >= this.threshold) this.raise(RX);
    this.silence.schedule(3.2 * this.byteNs);
    this.running = this.fed < this.queue.length;
    if (this.running) this.next.schedule(this.byteNs);
    else [this.queue, this.fed] = [[], 0];
  }

  pull() {
    const { uart } = this;
    const byte = uart.rxFIFO.pull();
    if (uart.rxFIFO.itemCount < this.threshold) this.raised &= ~RX;
    if (uart.rxFIFO.empty) {
      this.raised &= ~SILENCE;
      this.silence.cancel();
    }
    uart.checkInterrupts();
    return byte;
  }
}
