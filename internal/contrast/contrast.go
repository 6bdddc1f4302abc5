// Package contrast measures how well two colours of a page can be told apart, for tests.
package contrast

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	scheme = regexp.MustCompile(`:root\{([^}]*)\}`)
	colour = regexp.MustCompile(`--(\w+):#([0-9a-f]{3,6})`)
)

// Low lists the pairs of colours of a style sheet whose contrast is too low, in each of its two schemes, light and dark. least has the
// wanted contrast by names of variables, "ink ground"; WCAG 2.2 wants 4.5 for text and 3 for what shows where a field is.
func Low(css string, least map[string]float64) (low []string, err error) {
	schemes := scheme.FindAllStringSubmatch(css, -1)
	if len(schemes) != 2 {
		return nil, fmt.Errorf("%d colour schemes", len(schemes))
	}
	for _, s := range schemes {
		luminance := map[string]float64{}
		for _, m := range colour.FindAllStringSubmatch(s[1], -1) {
			if luminance[m[1]], err = Luminance(m[2]); err != nil {
				return nil, err
			}
		}
		for pair, want := range least {
			front, behind, _ := strings.Cut(pair, " ")
			a, there := luminance[front]
			b, too := luminance[behind]
			if !there || !too {
				return nil, fmt.Errorf("%s: no such colours in %s", pair, s[1])
			}
			if c := (max(a, b) + 0.05) / (min(a, b) + 0.05); c < want {
				low = append(low, fmt.Sprintf("%s has a contrast of %.2f in %s", pair, c, s[1]))
			}
		}
	}
	slices.Sort(low)
	return low, nil
}

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
