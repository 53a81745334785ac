"""OpenDSM's daily model (temperature in F) beside ours, window by window.

Standard input: lines `file,start,hours,saving,ms` of ours. Called by opendsm.rs.
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


def days(file):
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


warm, rows = False, []
print("building        from        ours  OpenDSM   fit: ours  OpenDSM")
for line in sys.stdin.read().split():
    file, start, hours, ours, ms = line.split(",")
    begin = pd.Timestamp(int(start), unit="s", tz="UTC").tz_convert(zone)
    end = begin + pd.Timedelta(hours=int(hours))
    daily = days(file)
    before = daily[(daily.index >= begin - pd.DateOffset(years=1)) & (daily.index < begin)]
    after = daily[(daily.index >= begin) & (daily.index < end)].dropna()
    try:
        if not warm:  # the first fit compiles; that is not what is compared
            warm = bool(fit(before))
        model, taken = fit(before)
        report = eemeter.DailyReportingData(after, is_electricity_data=True)
        both = model.predict(report, ignore_disqualification=True)
        both = both[["observed", "predicted"]].dropna().sum()
    except Exception as error:  # a window that it refuses must not end the run
        print(f"skipped {file} {begin.date()}: {error}")
        continue
    theirs = 1 - both["observed"] / both["predicted"]
    rows.append((100 * float(ours), 100 * theirs, float(ms), taken))
    print(f"{file:14} {begin.date()} {rows[-1][0]:6.1f} % {rows[-1][1]:6.1f} % "
          f"{float(ms):7.2f} ms {taken:6.0f} ms", flush=True)
print(f"mean difference {statistics.mean(a - b for a, b, _, _ in rows):+.1f} points, "
      f"mean absolute {statistics.mean(abs(a - b) for a, b, _, _ in rows):.1f}")
print(f"one fit: OpenDSM takes {statistics.median(t / m for _, _, m, t in rows):.0f} "
      "times as long as ours with its interval (median)")
print("What differs between the models: theirs knows days, seasons and weekends; ours knows hours and "
      "holidays, and weighs temperature apart for occupied hours. Nobody competed here, "
      "so the one nearer to zero is nearer to the truth.")
