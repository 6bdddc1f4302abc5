package data

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/fault"
)

// classified are n examples of different texts, with classes in turn as often as counts say.
func classified(counts ...int) (list []Example) {
	for class, n := range counts {
		for range n {
			list = append(list, Example{Index: len(list), A: fmt.Sprint("text ", len(list)), Class: int32(class)})
		}
	}
	return list
}

// TestHoldKnown: the rows, which an independent program gives, do not change from version to version, or runs would lose their dev split.
func TestHoldKnown(t *testing.T) {
	h, err := Hold(&Task{}, classified(12, 8), 0.2, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(h.Dev, h.Rows, h.Share, h.Seed); got != wantHeld {
		t.Errorf("%s, want %s", got, wantHeld)
	}
}

const wantHeld = "[0 7 13 15] 20 0.2 1"

// TestHold: whatever the rows, the two splits are a partition, no text is in both, each label has its share of dev up
// to one text, and training has every label.
func TestHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		classes := rapid.IntRange(2, 5).Draw(t, "classes")
		task := &Task{Name: "x", Labels: make([]string, classes)}
		examples := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Example {
			text := rapid.IntRange(0, 60).Draw(t, "text")
			blank := rapid.SampledFrom([]string{" ", "  ", "\t"}).Draw(t, "blank")
			return Example{A: fmt.Sprint("a", blank, text), Class: int32(text % classes)}
		}), 10, 200).Draw(t, "examples")
		for i := range examples {
			examples[i].Index = i
		}
		share := rapid.Float64Range(0.05, 0.5).Draw(t, "share")
		seed := rapid.Uint64().Draw(t, "seed")
		h, err := Hold(task, examples, share, seed)
		if err != nil {
			if fault.ReasonOf(err) != NoDevFile || len(grouped(task, examples)) > 2*classes {
				t.Fatal(err)
			}
			return
		}
		again, _ := Hold(task, examples, share, seed)
		train, dev, err := h.Divide("x", examples)
		if err != nil || !slices.Equal(again.Dev, h.Dev) || len(train)+len(dev) != len(examples) || len(train) == 0 || len(dev) == 0 {
			t.Fatalf("%d and %d of %d, %v", len(train), len(dev), len(examples), err)
		}
		texts := map[Key]int{}
		for split, list := range [][]Example{train, dev} {
			for i, e := range list {
				if e.Index != i {
					t.Fatalf("example %d is numbered %d", i, e.Index)
				}
				texts[TextKey(&e)] |= 1 << split
			}
		}
		total, held := make([]int, classes), make([]int, classes)
		for _, g := range grouped(task, examples) {
			e := examples[g.rows[0]]
			total[e.Class]++
			switch in := texts[TextKey(&e)]; in {
			case 2:
				held[e.Class]++
			case 3:
				t.Fatalf("%q is in both splits", e.A)
			}
		}
		for c := range classes {
			if total[c] == held[c] && total[c] > 0 || total[c] > 1 && held[c] == 0 || math.Abs(float64(held[c])-share*float64(total[c])) > 2 {
				t.Fatalf("class %d: %d of %d texts are held at a share of %v", c, held[c], total[c], share)
			}
		}
	})
}

// TestHoldOther: a regression's scores and a multi-label task's sets are spread over dev, too, and another seed draws
// other rows.
func TestHoldOther(t *testing.T) {
	var scores, sets []Example
	for i := range 100 {
		text := fmt.Sprint("text ", i)
		scores = append(scores, Example{A: text, Score: float32(i*37%100) / 10})
		sets = append(sets, Example{A: text, Targets: [][]float32{{1, 0}, {0, 1}, {1, 1}, {0, 0}}[i%4]})
	}
	mean := func(list []Example) (sum float64) {
		for _, e := range list {
			sum += float64(e.Score) / float64(len(list))
		}
		return sum
	}
	h, err := Hold(&Task{Kind: Regression}, scores, 0.2, 3)
	if err != nil || len(h.Dev) != 20 {
		t.Fatalf("%+v, %v", h, err)
	}
	train, dev, _ := h.Divide("", scores)
	if a, b := mean(train), mean(dev); math.Abs(a-b) > 0.6 {
		t.Errorf("mean scores %v and %v", a, b)
	}
	other, _ := Hold(&Task{Kind: Regression}, scores, 0.2, 4)
	if slices.Equal(h.Dev, other.Dev) {
		t.Error("two seeds draw the same rows")
	}
	h, err = Hold(&Task{Kind: MultiLabel, Labels: []string{"a", "b"}}, sets, 0.2, 3)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, i := range h.Dev {
		count[fmt.Sprint(sets[i].Targets)]++
	}
	if len(count) != 4 || slices.Max([]int{count["[1 0]"], count["[0 1]"], count["[1 1]"], count["[0 0]"]}) != 5 {
		t.Errorf("sets %v", count)
	}
}

func TestDivideErrors(t *testing.T) {
	examples := classified(2, 2)
	for name, tt := range map[string]struct {
		h    Held
		want string
	}{
		"other rows":    {Held{Rows: 5, Dev: []int32{1}}, "4 examples in the training data, where the dev split was made of 5"},
		"not ascending": {Held{Rows: 4, Dev: []int32{2, 1}}, "are not in ascending order"},
		"beyond":        {Held{Rows: 4, Dev: []int32{1, 4}}, "not among 4"},
		"negative":      {Held{Rows: 4, Dev: []int32{-1, 2}}, "are not in ascending order"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := tt.h.Divide("x", examples)
			checkError(t, err, fault.Invalid, tt.want)
		})
	}
	_, err := Hold(&Task{Name: "x"}, classified(1, 1), 0.1, 1)
	checkError(t, err, fault.Invalid, "task x: its 2 examples, of 2 texts, are too few to make a dev split of")
}

// TestReadHeld: a task with held rows reads both splits from the training file.
func TestReadHeld(t *testing.T) {
	dir := t.TempDir()
	write(t, "text,label\n"+strings.Repeat("a,x\nb,y\nc,x\n", 2), dir, "f.csv")
	task, err := Files{Train: filepath.Join(dir, "f.csv"), Text: "text", Label: "label"}.Task()
	if err != nil || !task.NoDev() {
		t.Fatal(err)
	}
	_, err = task.Read("", "dev")
	checkError(t, err, fault.Usage, "task f.csv has no file for dev")
	task = task.WithHeld(&Held{Rows: 6, Dev: []int32{1, 4}})
	train, err := task.Read("", "train")
	if want := show([]Example{{A: "a"}, {Index: 1, A: "c"}, {Index: 2, A: "a"}, {Index: 3, A: "c"}}); err != nil || show(train) != want || task.NoDev() {
		t.Errorf("train %s, %v", show(train), err)
	}
	dev, files, err := task.ReadFiles("", "dev")
	if want := show([]Example{{A: "b", Class: 1}, {Index: 1, A: "b", Class: 1}}); err != nil || show(dev) != want || len(files) != 1 {
		t.Errorf("dev %s, %v", show(dev), err)
	}
	write(t, "text,label\nz,x\n", dir, "moved.csv")
	dev, err = task.At("train", []string{filepath.Join(dir, "moved.csv")}).WithHeld(&Held{Rows: 1, Dev: []int32{0}}).Read("", "dev")
	if err != nil || len(dev) != 1 || dev[0].A != "z" {
		t.Errorf("%s, %v", show(dev), err)
	}
}
