package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/safetensors"
)

// compareFolder holds a merged or cut folder against what it must hold.
func (c *folderCase) compareFolder(folder string) error {
	out := filepath.Join(folder, c.Out)
	name := "config.json"
	if c.Kind == "slice" {
		name = "adapter_config.json"
	}
	var config map[string]any
	if err := readJSONFile(filepath.Join(out, name), &config); err != nil {
		return err
	}
	for key, want := range c.Config {
		if !holds(want, config[key]) {
			return fmt.Errorf("%s: %s is %v, want %v", name, key, config[key], want)
		}
	}
	for _, name := range c.Files {
		want, err := os.ReadFile(filepath.Join(folder, "base", name))
		if err != nil {
			return err
		}
		got, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			return fmt.Errorf("%s is not the base's", name)
		}
	}
	if c.Tensors == "" {
		return nil
	}
	return c.compareTensors(folder, out)
}

// holds says whether got has all of want: objects by key, lists in any order, the rest by value.
func holds(want, got any) bool {
	switch want := want.(type) {
	case map[string]any:
		m, ok := got.(map[string]any)
		for key, v := range want {
			ok = ok && holds(v, m[key])
		}
		return ok
	case []any:
		list, ok := got.([]any)
		return ok && reflect.DeepEqual(texts(want), texts(list))
	}
	return reflect.DeepEqual(want, got)
}

func texts(list []any) (s []string) {
	for _, v := range list {
		s = append(s, fmt.Sprintf("%T %v", v, v))
	}
	slices.Sort(s)
	return s
}

// compareTensors holds the merged weights against those that PEFT gives, and the base's.
func (c *folderCase) compareTensors(folder, out string) error {
	read := func(path ...string) (map[string]safetensors.Tensor, error) {
		f, err := safetensors.Read(filepath.Join(path...))
		if err != nil {
			return nil, err
		}
		all := map[string]safetensors.Tensor{}
		for _, t := range f.Tensors {
			all[t.Name] = t
		}
		return all, nil
	}
	right, err := read(folder, c.Tensors)
	if err != nil {
		return err
	}
	base, err := read(folder, "base", "model.safetensors")
	if err != nil {
		return err
	}
	got, err := read(out, "model.safetensors")
	if err != nil {
		return err
	}
	for _, name := range c.Same {
		if t, ok := base[name]; ok {
			if _, differs := right[name]; !differs {
				right[name] = t
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(right)) {
		d, err := distance(right[name], got[name])
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if !(d <= cmp.Or(c.TensorTolerance, 1e-5)) {
			return fmt.Errorf("%s differs by %.4g from what PEFT merges", name, d)
		}
	}
	return nil
}

func distance(a, b safetensors.Tensor) (d float64, err error) {
	if !slices.Equal(a.Shape, b.Shape) {
		return 0, fmt.Errorf("shape %v, want %v", b.Shape, a.Shape)
	}
	x, err := a.Float32()
	if err != nil {
		return 0, err
	}
	y, err := b.Float32()
	if err != nil {
		return 0, err
	}
	for i := range x {
		d = max(d, math.Abs(float64(x[i])-float64(y[i])))
	}
	return d, nil
}

// labelsSaid are the labels and their counts as train reports them: "labels 0 8, 1 8;".
var labelsSaid = regexp.MustCompile(` train: \d+ examples, labels (.+?);`)

// compareTraining holds a run against the labels and the numbers of examples of its data.
func (c *folderCase) compareTraining(t *testing.T, folder, said string) error {
	var note struct {
		Labels []string `json:"labels"`
	}
	if err := readJSONFile(filepath.Join(folder, "run", "adapter", "dylora.json"), &note); err != nil {
		return err
	}
	if got, want := folded(note.Labels), folded(c.LabelSet); !slices.Equal(got, want) {
		return fmt.Errorf("labels %q, want %q", got, want)
	}
	var examples map[string]int
	if err := json.Unmarshal(c.Examples, &examples); err != nil {
		return err
	}
	for split, want := range examples {
		r := runCommand(t, folder, []string{"eval", "--adapter", "run", "--split", split, "--json"})
		if r.code != 0 {
			return fmt.Errorf("eval of %s: exit code %d: %s", split, r.code, r.firstLine())
		}
		if err := (&folderCase{Examples: []byte(strconv.Itoa(want))}).compareMetrics(r.out); err != nil {
			return fmt.Errorf("%s: %w", split, err)
		}
	}
	if m := labelsSaid.FindStringSubmatch(said); m != nil {
		got := map[string]int{}
		for part := range strings.SplitSeq(m[1], ", ") {
			at := strings.LastIndexByte(part, ' ')
			n, err := strconv.Atoi(part[at+1:])
			if err != nil {
				return err
			}
			got[strings.ToLower(part[:max(at, 0)])] = n
		}
		if !maps.Equal(got, c.LabelCounts) {
			return fmt.Errorf("counts of labels %v, want %v", got, c.LabelCounts)
		}
	}
	return nil
}

// folded is a sorted list in lower case.
func folded(list []string) (s []string) {
	for _, l := range list {
		s = append(s, strings.ToLower(l))
	}
	slices.Sort(s)
	return s
}

// compareMetrics holds what eval prints against metrics and the number of examples.
func (c *folderCase) compareMetrics(out string) error {
	var got struct {
		Metrics  map[string]*float64 `json:"metrics"`
		Examples json.RawMessage     `json:"examples"`
	}
	first, _, _ := strings.Cut(out, "\n")
	if err := json.Unmarshal([]byte(first), &got); err != nil {
		return err
	}
	for name, want := range c.Metrics {
		if v := got.Metrics[name]; v == nil || !(math.Abs(*v-want) <= cmp.Or(c.Tolerance, 1e-4)) {
			return fmt.Errorf("%s: %s, want %v", name, first, want)
		}
	}
	if string(got.Examples) != string(c.Examples) {
		return fmt.Errorf("%s examples, want %s", got.Examples, c.Examples)
	}
	return nil
}

func readJSONFile(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
