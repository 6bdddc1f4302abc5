package figure

import (
	"math"
	"strconv"
)

// across are the ends of the horizontal axis, as its Place gives them.
func (f *Figure) across() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, c := range f.Curves {
		for _, p := range c.Points {
			x := f.X.place(p.X)
			low, high = min(low, x), max(high, x)
		}
	}
	if low > high {
		return 0, 1
	}
	if low == high { // a single point stands in the middle
		pad := math.Max(math.Abs(low)/2, 0.5)
		return low - pad, high + pad
	}
	return low, high
}

// upright are the ends of the vertical axis: all points and their intervals, and the levels
// that are near, with some air, at least Least apart and within Floor and Ceiling.
func (f *Figure) upright() (low, high float64) {
	low, high = f.extent()
	const near = 1.6 // a level that would make the axis longer than this is named at its edge
	for _, l := range f.Levels {
		if a, b := min(low, l.Y), max(high, l.Y); b-a <= near*(high-low) {
			low, high = a, b
		}
	}
	air := 0.08 * (high - low)
	if f.Floor < f.Ceiling { // there is nothing beyond but the room for a label
		return max(low-air, min(low, f.Floor-air/2)), min(high+air, max(high, f.Ceiling+air))
	}
	return low - air, high + air
}

// extent is from the lowest to the highest of all points and their intervals, at least Least
// long.
func (f *Figure) extent() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, c := range f.Curves {
		for _, p := range c.Points {
			low, high = min(low, p.Y), max(high, p.Y)
			if p.Low <= p.High {
				low, high = min(low, p.Low), max(high, p.High)
			}
		}
	}
	if low > high {
		return f.Floor, math.Max(f.Ceiling, f.Floor+1)
	}
	return f.widen(low, high)
}

// widen makes a span at least Least long and never empty, around the same middle where Floor
// and Ceiling let it.
func (f *Figure) widen(low, high float64) (float64, float64) {
	least := math.Max(f.Least, 1e-9*math.Max(math.Abs(low), math.Abs(high)))
	if least <= 0 {
		least = 1
	}
	more := (least - (high - low)) / 2
	if more <= 0 {
		return low, high
	}
	floor, ceiling := math.Inf(-1), math.Inf(1)
	if f.Floor < f.Ceiling {
		floor, ceiling = min(f.Floor, low), max(f.Ceiling, high)
	}
	low, high = low-more, high+more
	if over := high - ceiling; over > 0 {
		low, high = low-over, ceiling
	}
	if under := floor - low; under > 0 {
		low, high = floor, min(high+under, ceiling)
	}
	return low, high
}

// roundTicks are the multiples of a round step from low to high, about so many.
func roundTicks(low, high float64, about int, format func(float64) string) []Tick {
	step := roundStep((high - low) / float64(max(about, 1)))
	if format == nil {
		digits := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
		format = func(v float64) string { return strconv.FormatFloat(v, 'f', digits, 64) }
		if digits > 5 || math.Abs(high) >= 1e7 {
			format = func(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
		}
	}
	var ticks []Tick
	for i := math.Ceil(low/step - 1e-9); i*step <= high+step*1e-9 && len(ticks) < 100; i++ {
		text := format(i*step + 0) // -0 is 0
		if len(ticks) > 0 && ticks[len(ticks)-1].Text == text {
			continue // two ticks of one text tell nothing
		}
		ticks = append(ticks, Tick{i * step, text})
	}
	return ticks
}

// roundStep is the least of 1, 2, 5 times a power of ten that is not below x.
func roundStep(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= x*(1-1e-12) {
			return m * power
		}
	}
	return 10 * power
}
