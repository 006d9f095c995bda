# Writes test/golden/predict/r-forecast.json: what R's forecast and stats packages make of some series.
#
#   Rscript scripts/golden/forecast.R
#
# Debian packages r-cran-forecast, r-cran-jsonlite. Tests read the JSON only.
suppressMessages(library(forecast))

numbers <- function(x) as.numeric(x)
css <- function(y, order, seasonal, period, mean) {
  fit <- arima(y, order = order, seasonal = list(order = seasonal, period = period), include.mean = mean,
               method = "CSS", optim.control = list(reltol = 1e-14, maxit = 1000))
  list(order = order, seasonal = seasonal, period = period, mean = mean, coefficients = as.list(coef(fit)),
       sigma2 = fit$sigma2, forecast = numbers(predict(fit, n.ahead = 12)$pred))
}

lake <- LakeHuron
air <- log10(AirPassengers)
gas <- log10(window(UKgas, end = c(1986, 4)))
set.seed(7)
wave <- 50 + 10 * sin(2 * pi * (1:336) / 24) + arima.sim(list(ar = .7, ma = .3), 336)

result <- list(
  versions = list(R = R.version.string, forecast = as.character(packageVersion("forecast"))),
  series = list(lake = numbers(lake), air = numbers(air), gas = numbers(gas), nile = numbers(Nile), wave = numbers(wave)),
  css = list(
    c(list(series = "lake"), css(lake, c(2, 0, 0), c(0, 0, 0), 1, TRUE)),
    c(list(series = "lake"), css(lake, c(1, 0, 1), c(0, 0, 0), 1, TRUE)),
    c(list(series = "nile"), css(Nile, c(0, 1, 1), c(0, 0, 0), 1, FALSE)),
    c(list(series = "air"), css(air, c(0, 1, 1), c(0, 1, 1), 12, FALSE)),
    c(list(series = "air"), css(air, c(1, 1, 0), c(1, 1, 0), 12, FALSE)),
    c(list(series = "wave"), css(wave, c(1, 0, 1), c(0, 1, 1), 24, FALSE))
  ),
  differences = lapply(
    list(list("lake", lake, 1), list("air", air, 12), list("gas", gas, 4), list("nile", Nile, 1), list("wave", wave, 24)),
    function(s) {
      y <- ts(numbers(s[[2]]), frequency = s[[3]])
      D <- if (s[[3]] > 1) nsdiffs(y) else 0
      list(series = s[[1]], period = s[[3]], seasonal = D,
           first = ndiffs(if (D > 0) diff(y, lag = s[[3]]) else y, max.d = 2 - D))
    }),
  auto = lapply(list(list("lake", lake, 1), list("nile", Nile, 1), list("air", air, 12)), function(s) {
    fit <- auto.arima(ts(numbers(s[[2]]), frequency = s[[3]]))
    list(series = s[[1]], period = s[[3]], order = arimaorder(fit), forecast = numbers(forecast(fit, h = 12)$mean))
  }),
  kpss = lapply(list(list("lake", lake), list("nile", Nile), list("air", air)), function(s) {
    y <- numbers(s[[2]])
    list(series = s[[1]], statistic = urca::ur.kpss(y, type = "mu", use.lag = trunc(3 * sqrt(length(y)) / 13))@teststat)
  }),
  ets = lapply(list(list("lake", lake, 1, "ANN", FALSE), list("nile", Nile, 1, "AAN", TRUE), list("air", air, 12, "AAA", FALSE),
                    list("gas", gas, 4, "AAA", FALSE), list("wave", wave, 24, "ANA", FALSE)), function(s) {
    y <- ts(numbers(s[[2]]), frequency = s[[3]])
    fit <- ets(y, model = s[[4]], damped = s[[5]], opt.crit = "lik")
    list(series = s[[1]], period = s[[3]], model = s[[4]], damped = s[[5]], squares = sum(residuals(fit)^2),
         weights = as.list(fit$par[intersect(names(fit$par), c("alpha", "beta", "gamma", "phi"))]),
         start = numbers(fit$initstate), forecast = numbers(forecast(fit, h = 12)$mean))
  }),
  theta = lapply(list(list("lake", lake), list("nile", Nile)), function(s)
    list(series = s[[1]], forecast = numbers(thetaf(ts(numbers(s[[2]])), h = 6)$mean))),
  fourier = local({
    t <- seq_along(wave)
    columns <- do.call(cbind, lapply(1:4, function(k) cbind(sin(2 * pi * k * (t - 1) / 24), cos(2 * pi * k * (t - 1) / 24))))
    fit <- lm(wave ~ columns)
    list(series = "wave", period = 24, fitted = numbers(fitted(fit))[313:336])
  })
)
file <- file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "../../test/golden/predict/r-forecast.json")
writeLines(jsonlite::toJSON(result, auto_unbox = TRUE, digits = 12), file)
