package figure

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dylora/dylora/internal/evaluate"
)

// sweepOf is a sweep of task sst2 with the given accuracy at each rank; NaN is undefined.
func sweepOf(ranks []int, values ...float64) *evaluate.Sweep {
	s := &evaluate.Sweep{Task: "sst2", Split: "dev", Metric: "accuracy", Examples: 872}
	for i, r := range ranks {
		v := evaluate.Number(values[i])
		s.Ranks = append(s.Ranks, evaluate.RankReport{
			Rank: r, Value: v, Metrics: evaluate.Metrics{{Name: "accuracy", Value: v}},
			Parameters: 66_306 + 4_096*r, Bytes: int64(4*(66_306+4_096*r) + 3_584),
		})
	}
	return s
}

// banded gives every rank of s an interval of a width.
func banded(s *evaluate.Sweep, width float64) *evaluate.Sweep {
	for i := range s.Ranks {
		v, ok := s.Ranks[i].Value.Float()
		low, high := v-width/2, v+width/2
		if ok {
			s.Ranks[i].Low, s.Ranks[i].High = &low, &high
		}
	}
	return s
}

// decided is s with a decision for a rank.
func decided(s *evaluate.Sweep, rank int) *evaluate.Sweep {
	s.Decision = &evaluate.Decision{
		Rank: rank, Full: s.Full().Rank, Metric: s.Metric, Tolerance: 0.005, Confidence: 0.95,
		Test: "Tango's score test", Examples: 872, Reported: 872, Seeds: 1,
	}
	s.Constant = evaluate.Metrics{{Name: s.Metric, Value: evaluate.Number(0.509)}}
	return s
}

func every(n int) *evaluate.Sweep {
	ranks, values := make([]int, n), make([]float64, n)
	for i := range ranks {
		ranks[i] = i + 1
		values[i] = 0.9 - 0.1/float64(i+1)
	}
	return sweepOf(ranks, values...)
}

var eight = []int{1, 2, 3, 4, 5, 6, 7, 8}

var drawn = []struct {
	name  string
	sweep *evaluate.Sweep
}{
	{"eight-ranks", sweepOf(eight, 0.843, 0.851, 0.859, 0.868, 0.866, 0.871, 0.8739, 0.8761)},
	{"decided", decided(banded(sweepOf(eight, 0.843, 0.851, 0.859, 0.868, 0.866, 0.871, 0.8739, 0.8761), 0.046), 4)},
	{"baselines", compared()},
	{"powers-of-two", banded(sweepOf([]int{1, 2, 4, 8, 16, 32, 64}, 0.71, 0.78, 0.83, 0.84, 0.85, 0.8502, 0.8493), 0.03)},
	{"every-rank-to-64", every(64)},
	{"flat", decided(sweepOf([]int{1, 2, 4, 8}, 0.9, 0.9, 0.9, 0.9), 1)},
	{"one-rank", banded(sweepOf([]int{4}, 0.5), 0.1)},
	{"perfect-and-base-model", sweepOf([]int{0, 1, 16}, 0.5, 0.9, 1)},
	{"undefined-between", sweepOf([]int{1, 2, 3}, 0.3, math.NaN(), 0.4)},
	{"undefined-throughout", sweepOf([]int{1, 2}, math.NaN(), math.NaN())},
	{"no-ranks", sweepOf(nil)},
	{"squared-error", &evaluate.Sweep{Task: "stsb", Split: "dev", Metric: "mse", Ranks: []evaluate.RankReport{
		{Rank: 1, Value: evaluate.Number(2.25)}, {Rank: 2, Value: evaluate.Number(1.875)}},
		Constant: evaluate.Metrics{{Name: "mse", Value: evaluate.Number(2.3)}}}},
	{"hostile", hostile()},
}

// compared is a decided sweep with baselines, one of them far below.
func compared() *evaluate.Sweep {
	ranks := []int{1, 2, 4, 8}
	s := decided(banded(sweepOf(ranks, 0.862, 0.862, 0.869, 0.862), 0.046), 1)
	for _, b := range []struct {
		name   string
		values []float64
	}{
		{"lora", []float64{0.865, 0.869, 0.876, 0.880}}, {"cut", []float64{0.761, 0.826, 0.866, 0.880}},
		{"svd", []float64{0.851, 0.865, 0.874, 0.880}}, {"matryoshka", []float64{0.859, 0.864, 0.871, 0.875}},
	} {
		s.Baselines = append(s.Baselines, evaluate.LoRABaseline{Name: b.name, Training: evaluate.Training{Seconds: 900, Trainings: 4}, Ranks: sweepOf(ranks, b.values...).Ranks})
	}
	return s
}

// hostile is a sweep whose task and split try to be mark-up.
func hostile() *evaluate.Sweep {
	s := sweepOf([]int{1, 2}, 0.3, 0.4)
	s.Task, s.Split = "</title><script>alert(1)</script>\x00\u202e\xff", "a&b\"'\n"+strings.Repeat("x", 500)
	return s
}

// TestGolden: the drawings are those that were looked at. DYLORA_DRAWINGS names a folder
// to write them to, as PNG too; "testdata" accepts them.
func TestGolden(t *testing.T) {
	keep := os.Getenv("DYLORA_DRAWINGS")
	for _, tt := range drawn {
		t.Run(tt.name, func(t *testing.T) {
			for suffix, page := range map[string]Page{"": Wide, "-narrow": Narrow} {
				if suffix != "" && tt.name != "decided" {
					continue
				}
				var b bytes.Buffer
				if err := ByRank(tt.sweep).Layout(page).WriteSVG(&b); err != nil {
					t.Fatal(err)
				}
				name := filepath.Join("testdata", tt.name+suffix+".svg")
				if keep != "" {
					name = filepath.Join(keep, tt.name+suffix+".svg")
					if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), b.String()); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}

// TestWellFormed: a drawing is XML whatever the names, has a title and a description, knows
// two colour schemes, and names no number that is none.
func TestWellFormed(t *testing.T) {
	for _, tt := range drawn {
		var b bytes.Buffer
		if err := ByRank(tt.sweep).Layout(Wide).WriteSVG(&b); err != nil {
			t.Fatal(err)
		}
		svg := b.String()
		for d := xml.NewDecoder(&b); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "script" {
				t.Errorf("%s: a script", tt.name)
			}
		}
		for _, want := range []string{"<title>", "<desc>", "prefers-color-scheme:dark", `viewBox="0 0 720 440"`} {
			if !strings.Contains(svg, want) {
				t.Errorf("%s: no %s", tt.name, want)
			}
		}
		if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Errorf("%s: a number that is none:\n%s", tt.name, svg)
		}
	}
}

// TestPNG: an image of twice the drawing's size, the same each time.
func TestPNG(t *testing.T) {
	for _, tt := range drawn {
		if tt.name != "baselines" && tt.name != "hostile" && os.Getenv("DYLORA_DRAWINGS") == "" {
			continue // half a second each
		}
		d := ByRank(tt.sweep).Layout(Wide)
		var image, again bytes.Buffer
		if err := errors.Join(d.WritePNG(&image), d.WritePNG(&again)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(image.Bytes(), again.Bytes()) {
			t.Errorf("%s: drawn twice, it differs", tt.name)
		}
		size, err := png.DecodeConfig(bytes.NewReader(image.Bytes()))
		if err != nil || size.Width != 1440 || size.Height != 880 {
			t.Errorf("%s: PNG of %d × %d, %v; want 1440 × 880", tt.name, size.Width, size.Height, err)
		}
		if keep := os.Getenv("DYLORA_DRAWINGS"); keep != "" {
			if err := os.WriteFile(filepath.Join(keep, tt.name+".png"), image.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestWritersReportErrors(t *testing.T) {
	d := ByRank(every(3)).Layout(Wide)
	if err := d.WriteSVG(full{}); !errors.Is(err, errFull) {
		t.Errorf("SVG to a full disk: %v", err)
	}
	if err := d.WritePNG(full{}); !errors.Is(err, errFull) {
		t.Errorf("PNG to a full disk: %v", err)
	}
}

// TestSave: the ending says which format, and what cannot be written leaves nothing.
func TestSave(t *testing.T) {
	dir := t.TempDir()
	for name, start := range map[string]string{"a.svg": "<?xml", "b.PNG": "\x89PNG", "c": "<?xml"} {
		path := filepath.Join(dir, name)
		if err := Save(path, every(3)); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(b), start) {
			t.Errorf("%s begins with %.10q, %v", name, b, err)
		}
	}
	if err := Save(filepath.Join(dir, "none", "a.svg"), every(3)); err == nil {
		t.Error("a file in no folder was written")
	}
}

// full is a disk with no room.
type full struct{}

var errFull = errors.New("no space left on device")

func (full) Write([]byte) (int, error) { return 0, errFull }

// TestDescription: what is drawn is also said.
func TestDescription(t *testing.T) {
	d := ByRank(decided(banded(sweepOf([]int{1, 2}, 0.843, 0.851), 0.02), 2)).Layout(Wide)
	want := "accuracy (%) over rank. n = 872 · band: 95 % interval · ring: smallest rank that is not worse. " +
		"adapter: rank 1 84.3 (83.3 to 85.3); rank 2 85.1 (84.1 to 86.1). rank 2 − 0.5. majority 50.9."
	if diff := cmp.Diff(want, d.Description); diff != "" {
		t.Errorf("description (-want +got):\n%s", diff)
	}
	if want := "sst2 dev: accuracy by rank"; d.Title != want {
		t.Errorf("title %q, want %q", d.Title, want)
	}
}

// TestContrast: texts and lines can be told from the ground in both schemes (WCAG 2.2: 4.5
// for text, 3 for graphics).
func TestContrast(t *testing.T) {
	for name, theme := range map[string]theme{"light": light, "dark": dark} {
		for what, colour := range map[string]string{"ink": theme.ink, "muted": theme.muted, "bound": theme.bound} {
			if c := contrast(colour, theme.surface); c < 4.5 {
				t.Errorf("%s: %s has a contrast of %.2f", name, what, c)
			}
		}
		for i, colour := range theme.series {
			if c := contrast(colour, theme.surface); c < 4.5 {
				t.Errorf("%s: curve %d has a contrast of %.2f", name, i, c)
			}
		}
		if c := contrast(theme.frame, theme.surface); c < 3 {
			t.Errorf("%s: the axis has a contrast of %.2f", name, c)
		}
		if len(theme.series) != len(light.series) {
			t.Errorf("%s: %d colours of curves, not %d", name, len(theme.series), len(light.series))
		}
	}
}

// contrast is WCAG's ratio of two colours' relative luminances.
func contrast(a, b string) float64 {
	luminance := func(s string) float64 {
		c, sum := rgb(s, 1), 0.0
		for i, v := range []uint8{c.R, c.G, c.B} {
			x := float64(v) / 255
			if x <= 0.04045 {
				x /= 12.92
			} else {
				x = math.Pow((x+0.055)/1.055, 2.4)
			}
			sum += x * []float64{0.2126, 0.7152, 0.0722}[i]
		}
		return sum
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func ExampleFront() {
	s := sweepOf([]int{1, 2, 4, 8}, 0.8, 0.85, 0.84, 0.85)
	front := Front(s, map[int]float64{1: 1, 2: 2, 4: 4, 8: 8})
	fmt.Println(front[1], front[2], front[4], front[8])
	// Output: true true false false
}
