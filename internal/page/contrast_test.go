package page

import (
	"regexp"
	"testing"

	"github.com/dylora/dylora/internal/contrast"
)

// TestContrast: text can be told from what is behind it in both schemes (WCAG 2.2: 4.5).
func TestContrast(t *testing.T) {
	schemes := regexp.MustCompile(`:root\{([^}]*)\}`).FindAllStringSubmatch(pageCSS, -1)
	if len(schemes) != 2 {
		t.Fatalf("%d colour schemes", len(schemes))
	}
	for _, scheme := range schemes {
		colour := map[string]float64{} // its luminance
		for _, m := range regexp.MustCompile(`--(\w+):#([0-9a-f]{3,6})`).FindAllStringSubmatch(scheme[1], -1) {
			colour[m[1]] = luminance(t, m[2])
		}
		for _, text := range []string{"ink", "muted", "accent"} {
			for _, behind := range []string{"ground", "shade"} {
				a, b := colour[text], colour[behind]
				if c := (max(a, b) + 0.05) / (min(a, b) + 0.05); c < 4.5 {
					t.Errorf("%s on %s has a contrast of %.2f in %s", text, behind, c, scheme[1])
				}
			}
		}
	}
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	v, err := contrast.Luminance(hex)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
