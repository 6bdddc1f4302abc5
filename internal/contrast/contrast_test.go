package contrast

import (
	"math"
	"strings"
	"testing"
)

// TestLow: black on white is 21, as WCAG 2.2 says, and a pair below its bound is told in each scheme.
func TestLow(t *testing.T) {
	const css = ":root{--ink:#000;--ground:#ffffff;--grey:#777}@media (prefers-color-scheme:dark){:root{--ink:#fff;--ground:#000;--grey:#888888}}"
	if low, err := Low(css, map[string]float64{"ink ground": 20.99}); err != nil || len(low) > 0 {
		t.Errorf("%q, %v", low, err)
	}
	low, err := Low(css, map[string]float64{"ink ground": 21.01, "grey ground": 4.5})
	if err != nil || len(low) != 3 || !strings.HasPrefix(low[0], "grey ground has a contrast of 4.48 in --ink:#000") {
		t.Errorf("%q, %v", low, err)
	}
	for _, bad := range []string{"", ":root{--ink:#000}", css + ":root{}", strings.Replace(css, "#777", "#7777", 1)} {
		if _, err := Low(bad, map[string]float64{"ink ground": 4.5}); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	if _, err := Low(css, map[string]float64{"ink paper": 4.5}); err == nil {
		t.Error("a colour that is not there is accepted")
	}
}

// TestLuminance holds values that WCAG 2.2 defines.
func TestLuminance(t *testing.T) {
	for hex, want := range map[string]float64{"000": 0, "fff": 1, "ff0000": 0.2126, "0f0": 0.7152, "808080": 0.21586} {
		if got, err := Luminance(hex); err != nil || math.Abs(got-want) > 1e-4 {
			t.Errorf("%s: %v, %v, want %v", hex, got, err, want)
		}
	}
}
