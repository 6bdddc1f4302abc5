package page

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dylora/dylora/internal/evaluate"
)

func interval(metric string, low, high *float64) string {
	if low == nil || high == nil {
		return "–"
	}
	return number(metric, *low) + " to " + number(metric, *high)
}

func number(metric string, v float64) string {
	return signed(evaluate.Text(metric, evaluate.Number(v)))
}

func significant(v float64, digits int) string {
	if v == 0 {
		return "0"
	}
	decimals := digits - 1 - int(math.Floor(math.Log10(math.Abs(v))))
	return strconv.FormatFloat(v, 'f', max(0, min(decimals, 12)), 64)
}

func percent(share float64) string {
	return strconv.FormatFloat(math.Round(1e4*share)/100, 'f', -1, 64)
}

// signed writes a sign of subtraction where a program writes a hyphen.
func signed(s string) string { return strings.Replace(s, "-", "−", 1) }

// unbroken keeps a number and its per cent sign on one line.
func unbroken(s string) string { return strings.ReplaceAll(s, " %", "\u00a0%") }

// points is a difference of the metric in words.
func points(metric string, v float64) string {
	if evaluate.Unit(metric) == 1 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	return strconv.FormatFloat(math.Round(1e6*v)/1e4, 'f', -1, 64) + " points"
}

func upperFirst(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// quoted is a path as a shell takes it as one word.
func quoted(path string) string {
	if strings.IndexFunc(path, func(r rune) bool {
		return !(unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._/-+=:@%", r))
	}) < 0 && path != "" && path[0] != '-' {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// duration is so many seconds in words; 0 are not known.
func duration(seconds float64) string {
	switch {
	case seconds <= 0:
		return "–"
	case seconds < 1:
		return significant(seconds, 2) + " s"
	case seconds < 120:
		return strconv.FormatFloat(seconds, 'f', 0, 64) + " s"
	case seconds < 7200:
		return strconv.FormatFloat(seconds/60, 'f', 0, 64) + " min"
	}
	return strconv.FormatFloat(seconds/3600, 'f', 1, 64) + " h"
}
