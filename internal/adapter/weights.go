package adapter

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
)

// keyPrefix is what PEFT's wrapping of the model puts before every path.
const keyPrefix = "base_model.model."

// weightKey is the name of a module's A or B in PEFT's file.
func weightKey(module, matrix string) string {
	return keyPrefix + module + ".lora_" + matrix + ".weight"
}

// encodeWeights lays out adapter_model.safetensors, each module at its own rank.
func encodeWeights(a *Adapter, p *Provenance, dtype string) ([]byte, error) {
	var t []safetensors.Tensor
	var failed error
	add := func(name string, shape []int, v []float32) {
		x, err := safetensors.Floats(dtype, name, shape, v)
		t, failed = append(t, x), cmp.Or(failed, err)
	}
	for i := range a.Modules {
		m := &a.Modules[i]
		own := a.rankOf(m)
		add(weightKey(m.Name, "A"), []int{own, m.In}, m.A[:own*m.In])
		add(weightKey(m.Name, "B"), []int{m.Out, own}, restride(m.B, m.Out, a.Rank, own, own))
	}
	for _, h := range a.Head {
		add(keyPrefix+h.Name, h.Shape, h.Data)
	}
	adapted := a.adapted()
	for _, t := range a.Saved {
		add(savedKey(t.Name, adapted), t.Shape, t.Data)
	}
	for _, b := range a.Biases {
		add(biasKey(b.Name, adapted), b.Shape, b.Data)
	}
	if failed != nil {
		return nil, failed
	}
	return safetensors.Encode(t, p.metadata())
}

// finite converts a tensor and refuses NaN and Inf.
func finite(t safetensors.Tensor) ([]float32, error) {
	v, err := t.Float32()
	if err != nil {
		return nil, err
	}
	for i, x := range v {
		if x-x != 0 { // NaN and Inf only
			return nil, fault.Invalidf("tensor %s: element %d is %v; the weights have diverged or the file is damaged", show(t.Name), i, x)
		}
	}
	return v, nil
}

// difference is nil when nothing is missing and nothing unexpected, else it names both.
func difference(file string, missing, unexpected []string) error {
	if len(missing) == 0 && len(unexpected) == 0 {
		return nil
	}
	var parts []string
	if len(missing) > 0 {
		parts = append(parts, "missing "+list(missing))
	}
	if len(unexpected) > 0 {
		parts = append(parts, "unexpected "+list(unexpected))
	}
	return fault.Invalidf("%s: tensors do not fit the adapter's config: %s", file, strings.Join(parts, "; "))
}

// list shows up to four names, sorted.
func list(names []string) string {
	slices.Sort(names)
	return listed(names)
}

// listed shows the first four names.
func listed(names []string) string {
	const most = 4
	shown := make([]string, 0, most)
	for _, n := range names[:min(most, len(names))] {
		shown = append(shown, show(n))
	}
	text := strings.Join(shown, ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
