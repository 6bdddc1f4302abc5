// Package contrast measures how well two colours of a page can be told apart, for tests.
package contrast

import (
	"fmt"
	"math"
	"strconv"
)

// Luminance is the relative luminance of a colour, three or six hexadecimal digits, as WCAG 2.2 defines it: 0 is black, 1 white.
func Luminance(hex string) (sum float64, err error) {
	if len(hex) == 3 {
		hex = hex[:1] + hex[:1] + hex[1:2] + hex[1:2] + hex[2:] + hex[2:]
	}
	if len(hex) != 6 {
		return 0, fmt.Errorf("%q is no colour of three or six digits", hex)
	}
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			return 0, err
		}
		x := float64(v) / 255
		if x <= 0.04045 {
			x /= 12.92
		} else {
			x = math.Pow((x+0.055)/1.055, 2.4)
		}
		sum += weight * x
	}
	return sum, nil
}
