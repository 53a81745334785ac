"""OpenDSM's daily model (temperature in F) beside ours, window by window, and where
the two part.

Standard input: windows and hours of ours, as examples/windows.rs writes them.
Called by opendsm.rs.
"""
import logging
import statistics
import sys
import time
import warnings

import pandas as pd
from opendsm import eemeter

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
directory, zone = sys.argv[1:3]
OURS = ["default", "plain", "working"]


def read_days(file):
    frame = pd.read_csv(f"{directory}/{file}", index_col=0)
    frame.index = pd.to_datetime(frame.index, utc=True).tz_convert(zone)
    by_day = frame.resample("D")
    known = by_day["energy_wh"].count() >= 22
    energy = by_day["energy_wh"].mean().where(known) * 24 / 1000
    outdoor = by_day["outdoor_c"].mean() * 1.8 + 32
    return pd.DataFrame({"observed": energy, "temperature": outdoor})


def fit(before):
    data = eemeter.DailyBaselineData(before, is_electricity_data=True)
    began = time.perf_counter()
    model = eemeter.DailyModel().fit(data, ignore_disqualification=True)
    return model, (time.perf_counter() - began) * 1000


def windows(lines):
    head, hours = None, []
    for line in lines:
        kind, *fields = line.strip().split(",")
        if kind == "window":
            if head:
                yield head, hours
            head, hours = fields, []
        else:
            hours.append([float(field) for field in fields])
    if head:
        yield head, hours


def saving(frame, expected):
    return 100 * (1 - frame["observed"].sum() / frame[expected].sum())


def compare(file, begin, end, hours):
    ours = pd.DataFrame(hours, columns=["at", "observed", *OURS])
    ours.index = pd.to_datetime(ours.pop("at"), unit="s", utc=True).dt.tz_convert(zone)
    daily = read_days(file)
    before = daily[(daily.index >= begin - pd.DateOffset(years=1)) & (daily.index < begin)]
    after = daily[(daily.index >= begin) & (daily.index < end)].dropna()
    if not warmed:  # the first fit compiles; that is not what is compared
        warmed.append(fit(before))
    model, taken = fit(before)
    predict = lambda days: model.predict(
        eemeter.DailyReportingData(days, is_electricity_data=True), ignore_disqualification=True
    )[["observed", "predicted"]].dropna()
    both = predict(after)
    contest, training = ours[ours.index >= begin], ours[ours.index < begin]
    # ours on the days that theirs has, and both on the same months of the training year
    same = contest[contest.index.normalize().isin(both.index)]
    year = pd.DateOffset(years=1)
    then = predict(before[before.index < end - year].dropna())
    then_ours = training[training.index.normalize().isin(then.index)]
    theirs, last = saving(both, "predicted"), saving(then, "predicted")
    default, plain, working = (saving(contest, one) for one in OURS)
    in_fit = saving(then_ours, "plain") - last
    seen = before[before.index < end - year]["temperature"]
    beyond = (~after["temperature"].between(seen.min(), seen.max())).mean()
    monthly = training.groupby([training.index.year, training.index.month])[["observed", "plain"]].sum()
    miss = 100 * (monthly["observed"] / monthly["plain"] - 1)
    worst = miss.abs().idxmax()
    return {
        "ours": default, "theirs": theirs, "steps": default - plain, "gaps": plain - saving(same, "plain"),
        "fit": in_fit, "weather": saving(same, "plain") - theirs - in_fit, "holidays": plain - working,
        "beyond": 100 * beyond, "odd": f"{worst[0]}-{worst[1]:02} {miss[worst]:+.0f} %", "taken": taken,
    }


warmed, rows = [], []
print("| building | from | ours | OpenDSM | apart | steps | gaps | in the fit | new weather | holidays | °C | beyond | oddest month | fit: ours | OpenDSM |")
print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|---:|---|---:|---:|")
for (file, start, until, ms, warm), hours in windows(sys.stdin):
    begin, end = (pd.Timestamp(int(at), unit="s", tz="UTC").tz_convert(zone) for at in (start, until))
    try:
        row = compare(file, begin, end, hours)
    except Exception as error:  # a window that it refuses must not end the run
        print(f"skipped {file} {begin.date()}: {error}")
        continue
    rows.append(row | {"ms": float(ms), "apart": row["ours"] - row["theirs"]})
    row = rows[-1]
    parts = " | ".join(f"{row[part]:+.1f}" for part in ["apart", "steps", "gaps", "fit", "weather", "holidays"])
    print(f"| {file.split('.')[0]} | {begin.date()} | {row['ours']:.1f} % | {row['theirs']:.1f} % | {parts} | "
          f"{'used' if warm == 'true' else 'left out'} | {row['beyond']:.0f} % | {row['odd']} | {row['ms']:.2f} ms | {row['taken']:.0f} ms |", flush=True)
mean = lambda part: statistics.mean(row[part] for row in rows)
absolute = lambda part: statistics.mean(abs(row[part]) for row in rows)
print(f"\nmean difference {mean('apart'):+.1f} points, mean absolute {absolute('apart'):.1f}: steps "
      f"{absolute('steps'):.1f}, gaps {absolute('gaps'):.1f}, in the fit {absolute('fit'):.1f}, new weather {absolute('weather'):.1f}")
print(f"mean absolute saving, which should be nothing: ours {absolute('ours'):.1f} %, OpenDSM {absolute('theirs'):.1f} %")
print(f"one fit: OpenDSM takes {statistics.median(row['taken'] / row['ms'] for row in rows):.0f} times as long as ours "
      f"with its interval (median; at least {min(row['taken'] / row['ms'] for row in rows):.0f})")
print("""
apart = steps + gaps + in the fit + new weather, in points:
steps        the smoothed temperature, recent months that weigh more, and the level of the last
             twelve weeks; theirs has none of them
gaps         hours of days that theirs leaves out, as fewer than 22 of theirs are known
in the fit   the two part as much on the same months of the training year, on which both were
             fitted: one pools the year, the other fits seasons and weekends apart
new weather  the rest: what either makes of other temperatures than those months had; 'beyond' is
             the share of days colder or warmer than any day of them
°C           whether temperature stayed in ours: it is left out where days that the fit did not see
             are predicted better without
holidays     what it makes that ours knows public holidays, within the others
oddest month of the training year, used beside what ours expects of it: a step or a closed house
Both learn from the twelve months before. Nobody competed, so the one nearer to zero is nearer to the truth.""")
