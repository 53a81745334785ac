// The computer at the other end of the USB cable, with its serial port open. The emulator's
// own host finds the device; but its buffers are done the moment the program offers them,
// full or not. Here one is done when the computer has filled it, or has taken what is in it.
const [BUFFERS, END] = [0x88, 0x100]; // buffer controls of the endpoints but the first
const AVAILABLE = 1 << 10;
const LENGTH = 0x3ff;
const PACKET_NS = 50e3; // 64 bytes at 12 Mbit/s

export class Computer {
  constructor(chip, USBCDC, hear) {
    const usb = chip.usbCtrl;
    Object.assign(this, { chip, usb, hear, queue: [], text: new TextDecoder() });
    this.port = new USBCDC(usb);
    this.give = chip.clock.createAlarm(() => this.fill());
    this.take = chip.clock.createAlarm(() => this.empty());
    const others = usb.DPRAMUpdated.bind(usb);
    usb.DPRAMUpdated = (offset, value) => {
      if (offset < BUFFERS || offset >= END) others(offset, value);
      else if (value & AVAILABLE) (offset & 4 ? this.give : this.take).schedule(PACKET_NS);
    };
  }

  type(text) {
    this.queue.push(...Buffer.from(text));
    this.give.schedule(PACKET_NS);
  }

  // What the program offers, no longer offered; nothing where it offers none.
  accept(endpoint, out) {
    const control = 0x80 + 8 * endpoint + (out ? 4 : 0);
    const value = this.chip.usbDPRAMView.getUint32(control, true);
    if (endpoint < 1 || !(value & AVAILABLE)) return undefined;
    this.chip.usbDPRAMView.setUint32(control, value & ~AVAILABLE, true);
    return value & LENGTH;
  }

  fill() {
    const endpoint = this.port.outEndpoint;
    if (this.queue.length === 0) return;
    const room = this.accept(endpoint, true);
    if (room) this.usb.finishRead(endpoint, Uint8Array.from(this.queue.splice(0, room)));
  }

  empty() {
    const endpoint = this.port.inEndpoint;
    const length = this.accept(endpoint, false);
    if (length === undefined) return;
    const from = this.usb.getEndpointBufferOffset(endpoint, false);
    const bytes = this.chip.usbDPRAM.slice(from, from + length);
    this.usb.indicateBufferReady(endpoint, false);
    if (length > 0) this.hear(this.text.decode(bytes, { stream: true }));
  }
}
