// A meter's S0 output: a contact between its pin and ground, and a pull-up.
export class Contact {
  constructor(chip, pin) {
    Object.assign(this, { pin: chip.gpio[pin], closed: false, times: [] });
    this.next = chip.clock.createAlarm(() => this.turn());
    this.pin.setInputValue(true);
  }

  // Closed, open, closed … for so many ms each.
  pulse(times, then) {
    Object.assign(this, { times: [...times], then });
    this.turn();
  }

  turn() {
    if (this.times.length === 0) return this.then();
    this.closed = !this.closed;
    this.pin.setInputValue(!this.closed);
    this.next.schedule(1e6 * this.times.shift());
  }
}
