package page

import (
	"testing"

	"github.com/dylora/dylora/internal/contrast"
)

// TestContrast: text can be told from what is behind it in both schemes.
func TestContrast(t *testing.T) {
	least := map[string]float64{}
	for _, text := range []string{"ink", "muted", "accent"} {
		least[text+" ground"], least[text+" shade"] = 4.5, 4.5
	}
	if low, err := contrast.Low(pageCSS, least); err != nil || len(low) > 0 {
		t.Errorf("%q, %v", low, err)
	}
}
