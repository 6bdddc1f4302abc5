package schema

import (
	"fmt"
	"math"
	"reflect"
)

// Fault is a broken rule of a setting.
type Fault struct {
	Key  string
	What string // completes "KEY: "
}

func (f Fault) Error() string { return f.Key + ": " + f.What }

// Check holds every setting of tree against its bounds and returns one fault for each that
// breaks them, in the order of Fields.
func Check(tree any) (faults []Fault) {
	for _, f := range Fields(tree) {
		if what := f.broken(); what != "" {
			faults = append(faults, Fault{f.Key, what})
		}
	}
	return faults
}

// broken says which bound the value breaks; "" if none.
func (f Field) broken() string {
	v := f.Value
	switch v.Kind() {
	case reflect.Int:
		if least, ok := f.bound("min"); ok && v.Int() < int64(least) {
			return fmt.Sprintf("%d is below %v", v.Int(), least)
		}
		if most, ok := f.bound("max"); ok && v.Int() > int64(most) {
			return fmt.Sprintf("%d is above %v", v.Int(), most)
		}
	case reflect.Float64:
		return f.brokenNumber(v.Float())
	case reflect.String:
		if instead, ok := f.tag.Lookup("empty"); ok && v.String() == "" {
			return "is empty: " + instead
		}
	}
	return ""
}

// brokenNumber is broken for a real number, which is never infinite or NaN where it has a
// bound.
func (f Field) brokenNumber(x float64) string {
	low, hasLow := f.bound("min")
	high, hasHigh := f.bound("max")
	above, hasAbove := f.bound("above")
	end, hasEnd := f.bound("below")
	finite := !math.IsNaN(x) && !math.IsInf(x, 0)
	switch {
	case hasAbove && above == 0 && !(x > 0 && finite):
		return fmt.Sprintf("%v is not a positive number", x)
	case hasAbove && !(x > above && finite):
		return fmt.Sprintf("%v is not a number above %v", x, above)
	case hasLow && hasEnd && !(x >= low && x < end):
		return fmt.Sprintf("%v is not in [%v, %v)", x, low, end)
	case hasLow && hasHigh && !(x >= low && x <= high):
		return fmt.Sprintf("%v is not in [%v, %v]", x, low, high)
	case hasLow && !hasHigh && !hasEnd && !(x >= low && finite):
		return fmt.Sprintf("%v is not a number from %v up", x, low)
	case hasHigh && !hasLow && !(x <= high && finite):
		return fmt.Sprintf("%v is not a number up to %v", x, high)
	}
	return ""
}

// Range is what Check allows of the setting, as "0 to 0.5"; "" where it has no bound.
func (f Field) Range() string {
	low, hasLow := f.bound("min")
	high, hasHigh := f.bound("max")
	above, hasAbove := f.bound("above")
	end, hasEnd := f.bound("below")
	switch {
	case hasAbove:
		return fmt.Sprintf("above %v", above)
	case hasLow && hasEnd:
		return fmt.Sprintf("%v to below %v", low, end)
	case hasLow && hasHigh:
		return fmt.Sprintf("%v to %v", low, high)
	case hasLow:
		return fmt.Sprintf("%v or more", low)
	case hasHigh:
		return fmt.Sprintf("up to %v", high)
	}
	return ""
}
