package evaluate

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sweepOf is a sweep of task sst2 with the given accuracy at each rank; NaN is undefined.
func sweepOf(ranks []int, values ...float64) *Sweep {
	s := &Sweep{Task: "sst2", Split: "dev", Metric: "accuracy"}
	for i, r := range ranks {
		v := Number(values[i])
		s.Ranks = append(s.Ranks, RankReport{
			Rank: r, Value: v, Metrics: Metrics{{"accuracy", v}},
			Parameters: 66_306 + 4_096*r, Bytes: int64(4*(66_306+4_096*r) + 3_584),
		})
	}
	return s
}

var drawn = []struct {
	name  string
	sweep *Sweep
}{
	{"eight ranks", sweepOf([]int{1, 2, 3, 4, 5, 6, 7, 8}, 0.843, 0.851, 0.859, 0.868, 0.866, 0.871, 0.8739, 0.8761)},
	{"powers of two to 64", sweepOf([]int{1, 2, 4, 8, 16, 32, 64}, 0.71, 0.78, 0.83, 0.84, 0.85, 0.8502, 0.8493)},
	{"every rank to 64", every(64)},
	{"flat", sweepOf([]int{1, 2, 4, 8}, 0.9, 0.9, 0.9, 0.9)},
	{"one rank", sweepOf([]int{4}, 0.5)},
	{"perfect and base model", sweepOf([]int{0, 1, 16}, 0.5, 0.9, 1)},
	{"undefined between", sweepOf([]int{1, 2, 3}, 0.3, math.NaN(), 0.4)},
	{"undefined throughout", sweepOf([]int{1, 2}, math.NaN(), math.NaN())},
	{"no ranks", sweepOf(nil)},
	{"two points", &Sweep{Task: "stsb", Split: "dev", Metric: "mse", Ranks: []RankReport{
		{Rank: 1, Value: Number(2.25)}, {Rank: 2, Value: Number(1.875)}}}},
}

func every(n int) *Sweep {
	ranks, values := make([]int, n), make([]float64, n)
	for i := range ranks {
		ranks[i] = i + 1
		values[i] = 0.9 - 0.1/float64(i+1)
	}
	return sweepOf(ranks, values...)
}

// TestDrawings draws every case; DYLORA_DRAWINGS names a folder to look at them in.
func TestDrawings(t *testing.T) {
	keep := os.Getenv("DYLORA_DRAWINGS")
	for i, tt := range drawn {
		t.Run(tt.name, func(t *testing.T) {
			var image, again, vector, vectorAgain bytes.Buffer
			for _, write := range []error{
				tt.sweep.WritePNG(&image), tt.sweep.WritePNG(&again),
				tt.sweep.WriteSVG(&vector), tt.sweep.WriteSVG(&vectorAgain),
			} {
				if write != nil {
					t.Fatal(write)
				}
			}
			if !bytes.Equal(image.Bytes(), again.Bytes()) || !bytes.Equal(vector.Bytes(), vectorAgain.Bytes()) {
				t.Error("the same sweep drawn twice differs")
			}
			size, err := png.DecodeConfig(bytes.NewReader(image.Bytes()))
			if err != nil || size.Width != 960 || size.Height != 600 {
				t.Errorf("PNG of %d × %d, %v; want 960 × 600", size.Width, size.Height, err)
			}
			svg := vector.String()
			for _, want := range []string{"<svg", "</svg>", tt.sweep.Task + " dev: ", "adapter rank"} {
				if !strings.Contains(svg, want) {
					t.Errorf("SVG lacks %q", want)
				}
			}
			if strings.Contains(svg, "NaN") {
				t.Error("SVG has NaN in it")
			}
			chart := tt.sweep.Chart(48, 8)
			if keep != "" {
				path := filepath.Join(keep, fmt.Sprint(i))
				os.WriteFile(path+".png", image.Bytes(), 0o644)
				os.WriteFile(path+".svg", vector.Bytes(), 0o644)
				t.Logf("%s\n%s", tt.name, chart)
			}
		})
	}
}
