package train

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

// TestStepSeed pins the seeds of the draws within a step.
func TestStepSeed(t *testing.T) {
	for _, tt := range []struct {
		seed uint64
		step int
		want uint64
	}{
		{0, 0, 0xa99246fc211c1518}, {42, 0, 0x5aada442b587e699}, {42, 1, 0xf491d11cb99669c4},
		{math.MaxUint64, 123456, 0x7c782a4c6d11dfb7},
	} {
		if got := stepSeed(tt.seed, tt.step); got != tt.want {
			t.Errorf("stepSeed(%d, %d) = %#x, want %#x", tt.seed, tt.step, got, tt.want)
		}
	}
}

// TestEnumNames: what is written to a checkpoint is what the parser reads, and another name
// is refused with the names there are.
func TestEnumNames(t *testing.T) {
	for name, want := range map[string]Draw{"one": OneRank, "mixed": MixedRanks, "sandwich": Sandwich, "distill": Distill} {
		d, err := ParseDraw(name)
		b, jsonErr := json.Marshal(d)
		if d != want || err != nil || jsonErr != nil || string(b) != `"`+name+`"` || !d.known() {
			t.Errorf("%s: %v, %v, written %s, %v", name, d, err, b, jsonErr)
		}
	}
	_, draw := ParseDraw("two")
	if want := `ranks_per_step: "two" is none of one, mixed, sandwich, distill`; fault.ClassOf(draw) != fault.Usage || !strings.Contains(draw.Error(), want) {
		t.Errorf("%v of class %d, want %s", draw, fault.ClassOf(draw), want)
	}
	if Draw(4).known() || Draw(-1).known() {
		t.Error("a value without a name is known")
	}
}
