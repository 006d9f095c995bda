"""Writes test/golden/predict/statsmodels.json: exponential smoothing by statsmodels.

    /usr/bin/python3 scripts/golden/statsmodels_forecasts.py

Debian package python3-statsmodels. Tests read the JSON only, and the series in r-forecast.json, which is made first.
"""
import json
import pathlib

import numpy as np
import statsmodels
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.holtwinters import ExponentialSmoothing

folder = pathlib.Path(__file__).parent / "../../test/golden/predict"
series = json.loads((folder / "r-forecast.json").read_text())["series"]


def smoothed(name, period, alpha, beta, gamma, phi):
    """One pass with given weights and starting states: nothing is fitted."""
    values = np.array(series[name])
    season = list(np.linspace(-1, 1, period)) if gamma else None
    model = ETSModel(values, error="add", trend="add" if beta else None, damped_trend=phi < 1,
                     seasonal="add" if gamma else None, seasonal_periods=period if gamma else None,
                     initialization_method="known", initial_level=values[0], initial_trend=0.1 if beta else None,
                     initial_seasonal=season)
    params = [alpha] + ([beta] if beta else []) + ([gamma] if gamma else []) + ([phi] if phi < 1 else [])
    fit = model.smooth(params)
    return dict(series=name, period=period, alpha=alpha, beta=beta, gamma=gamma, phi=phi, level=values[0],
                trend=0.1 if beta else 0, season=season, squares=float(fit.sse), forecast=list(fit.forecast(12)))


def holt_winters(name, period):
    fit = ExponentialSmoothing(np.array(series[name]), trend="add", seasonal="add" if period > 1 else None,
                               seasonal_periods=period if period > 1 else None,
                               initialization_method="estimated").fit(optimized=True)
    return dict(series=name, period=period, squares=float(fit.sse), forecast=list(fit.forecast(12)))


result = dict(
    version=statsmodels.__version__,
    smoothed=[smoothed("nile", 1, 0.3, 0, 0, 1), smoothed("nile", 1, 0.3, 0.05, 0, 1),
              smoothed("lake", 1, 0.8, 0.1, 0, 0.9), smoothed("gas", 4, 0.2, 0.02, 0.3, 1),
              smoothed("air", 12, 0.4, 0.05, 0.1, 0.95), smoothed("wave", 24, 0.5, 0, 0.1, 1)],
    holtWinters=[holt_winters("gas", 4), holt_winters("air", 12), holt_winters("wave", 24)],
)
(folder / "statsmodels.json").write_text(json.dumps(result, default=float) + "\n")
