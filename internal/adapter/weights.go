package adapter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
)

// keyPrefix is what PEFT's wrapping of the model puts before every path.
const keyPrefix = "base_model.model."

// weightKey is the name of a site's A or B in PEFT's file.
func weightKey(site, matrix string) string { return keyPrefix + site + ".lora_" + matrix + ".weight" }

// encodeWeights lays out adapter_model.safetensors.
func encodeWeights(a *Adapter, f *Facts) ([]byte, error) {
	var t []safetensors.Tensor
	for _, s := range a.Sites {
		t = append(t,
			safetensors.F32(weightKey(s.Name, "A"), []int{a.Rank, s.In}, s.A),
			safetensors.F32(weightKey(s.Name, "B"), []int{s.Out, a.Rank}, s.B))
	}
	for _, h := range a.Head {
		t = append(t, safetensors.F32(keyPrefix+h.Name, h.Shape, h.Data))
	}
	return safetensors.Encode(t, f.metadata())
}

// reading gathers an adapter from its file's tensors.
type reading struct {
	file       string
	rank       int
	sites      map[string]*Site
	head       []Tensor
	unexpected []string
}

// decodeWeights builds the adapter that file holds after its config.
func decodeWeights(file string, st *safetensors.File, configFile string, c *config) (*Adapter, error) {
	r := &reading{file: file, rank: c.rank, sites: map[string]*Site{}}
	for _, t := range st.Tensors {
		if err := r.tensor(t); err != nil {
			return nil, err
		}
	}
	a := &Adapter{Rank: c.rank, Alpha: c.alpha}
	var missing []string
	for name, s := range r.sites {
		if s.A == nil {
			missing = append(missing, weightKey(name, "A"))
		}
		if s.B == nil {
			missing = append(missing, weightKey(name, "B"))
		}
		a.Sites = append(a.Sites, *s)
	}
	if err := difference(file, missing, r.unexpected); err != nil {
		return nil, err
	}
	if len(a.Sites) == 0 {
		return nil, fault.Invalidf("%s: no lora_A and lora_B tensors; this is no LoRA adapter", file)
	}
	if err := a.sort(); err != nil {
		return nil, err
	}
	if err := checkTargets(configFile, file, c.targets, a.Sites); err != nil {
		return nil, err
	}
	var err error
	if a.Head, err = sortHead(r.head, c.needsHead); err != nil {
		return nil, fault.Invalidf("%s: %w", file, err)
	}
	return a, nil
}

// tensor puts one tensor of the file in its place.
func (r *reading) tensor(t safetensors.Tensor) error {
	name, ok := strings.CutPrefix(t.Name, keyPrefix)
	if strings.Contains(name, ".modules_to_save.") || strings.Contains(name, ".original_module.") {
		return fault.Invalidf("%s: tensor %s: the head has the key names of an older PEFT, which are not supported; save the adapter again with a current PEFT", r.file, show(t.Name))
	}
	site, isA := strings.CutSuffix(name, ".lora_A.weight")
	isB := false
	if !isA {
		site, isB = strings.CutSuffix(name, ".lora_B.weight")
	}
	_, adaptable := parsePlace(site)
	isHead := strings.HasPrefix(name, "classifier.") && !isA && !isB
	if !ok || !isHead && !((isA || isB) && adaptable) {
		r.unexpected = append(r.unexpected, t.Name)
		return nil
	}
	data, err := finite(t)
	if err != nil {
		return fault.Invalidf("%s: %w", r.file, err)
	}
	if isHead {
		r.head = append(r.head, Tensor{Name: name, Shape: slices.Clone(t.Shape), Data: data})
		return nil
	}
	return r.matrix(site, isA, t, data)
}

// matrix stores A (r, in) or B (out, r) of a site.
func (r *reading) matrix(site string, isA bool, t safetensors.Tensor, data []float32) error {
	rankAxis, want := 1, "(out, %d)"
	if isA {
		rankAxis, want = 0, "(%d, in)"
	}
	if len(t.Shape) != 2 || t.Shape[rankAxis] != r.rank || len(data) == 0 {
		return fault.Invalidf("%s: tensor %s has shape %v, not "+want+" as r in %s says", r.file, show(t.Name), t.Shape, r.rank, configName)
	}
	s := r.sites[site]
	if s == nil {
		s = &Site{Name: site}
		r.sites[site] = s
	}
	if isA {
		s.In, s.A = t.Shape[1], data
	} else {
		s.Out, s.B = t.Shape[0], data
	}
	return nil
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

// list shows up to four names.
func list(names []string) string {
	const most = 4
	slices.Sort(names)
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
