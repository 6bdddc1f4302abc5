package adapter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/weights"
)

// reading gathers an adapter from its file's tensors.
type reading struct {
	file       string
	config     *config
	sites      map[string]*Site // A and B at the site's own rank
	head       []weights.Tensor
	older      []weights.Tensor // of the head, under an older PEFT's names
	biases     []weights.Tensor
	unexpected []string
	notes      []string
	originals  int // tensors of the head that was replaced
}

// decodeWeights builds the adapter that file holds after its config. The notes say what
// the file has and the adapter has not.
func decodeWeights(file string, st *safetensors.File, configFile string, c *config) (*Adapter, []string, error) {
	r := &reading{file: file, config: c, sites: map[string]*Site{}}
	if err := r.checkCost(configFile, st); err != nil {
		return nil, nil, err
	}
	for _, t := range st.Tensors {
		if err := r.tensor(t); err != nil {
			return nil, nil, err
		}
	}
	a, err := r.pairs()
	if err != nil {
		return nil, nil, err
	}
	idle, err := c.targets.check(configFile, file, a.Sites)
	if err != nil {
		return nil, nil, err
	}
	if len(idle) > 0 {
		r.note("target_modules has %s: no module of the layers is called so", list(idle))
	}
	if err := r.joinHead(); err != nil {
		return nil, nil, err
	}
	if a.Head, err = sortHead(r.head, c.needsHead); err != nil {
		return nil, nil, fault.Invalidf("%s: %w", file, err)
	}
	a.Biases = r.biases
	if err := a.sortBiases(c.bias); err != nil {
		return nil, nil, fault.Invalidf("%s: %w", file, err)
	}
	if len(a.Biases) == 0 && c.takesBiases() {
		r.note("bias is %s, but the file has no biases: those of the base model stay", c.bias)
	}
	return a, r.notes, nil
}

func (r *reading) note(format string, a ...any) { r.notes = append(r.notes, fmt.Sprintf(format, a...)) }

// checkCost bounds the work of matching the config's patterns.
func (r *reading) checkCost(configFile string, st *safetensors.File) error {
	length := 0
	for _, t := range st.Tensors {
		length += len(t.Name)
	}
	for _, p := range []*patterns{r.config.ranks, r.config.alphas} {
		if err := affordable(configFile, p.field, p.steps, length); err != nil {
			return err
		}
	}
	return nil
}

// tensor puts one tensor of the file in its place.
func (r *reading) tensor(t safetensors.Tensor) error {
	name, ok := strings.CutPrefix(t.Name, keyPrefix)
	site, isA := strings.CutSuffix(name, ".lora_A.weight")
	isB := false
	if !isA {
		site, isB = strings.CutSuffix(name, ".lora_B.weight")
	}
	_, adaptable := parsePlace(site)
	bias, isBias := biasName(name)
	headName, inHead := strings.CutPrefix(name, "classifier.")
	switch {
	case !ok:
	case (isA || isB) && adaptable:
		data, err := r.finite(t)
		if err != nil {
			return err
		}
		return r.matrix(site, isA, t, data)
	case inHead && !isA && !isB:
		return r.headTensor(headName, t)
	case isBias && r.config.takesBiases():
		data, err := r.finite(t)
		r.biases = append(r.biases, weights.Tensor{Name: bias, Shape: slices.Clone(t.Shape), Data: data})
		return err
	}
	r.unexpected = append(r.unexpected, t.Name)
	return nil
}

func (c *config) takesBiases() bool { return c.bias == "all" || c.bias == "lora_only" }

// matrix stores A (r, in) or B (out, r) of a site, r being the site's own.
func (r *reading) matrix(site string, isA bool, t safetensors.Tensor, data []float32) error {
	s := r.sites[site]
	if s == nil {
		s = &Site{Name: site, Rank: r.config.rank}
		if own, ok := r.config.ranks.value(site); ok {
			s.Rank = int(own)
		}
		s.Alpha, _ = r.config.alphas.value(site)
		r.sites[site] = s
	}
	rankAxis, want := 1, "(out, %d)"
	if isA {
		rankAxis, want = 0, "(%d, in)"
	}
	if len(t.Shape) != 2 || t.Shape[rankAxis] != s.Rank || len(data) == 0 {
		return fault.Invalidf("%s: tensor %s has shape %v, not "+want+" as r and rank_pattern say", r.file, show(t.Name), t.Shape, s.Rank)
	}
	if isA {
		s.In, s.A = t.Shape[1], data
	} else {
		s.Out, s.B = t.Shape[0], data
	}
	return nil
}

// pairs makes the adapter's sites, all padded to the largest rank.
func (r *reading) pairs() (*Adapter, error) {
	a := &Adapter{Alpha: r.config.alpha, RSLoRA: r.config.rslora}
	var missing []string
	own, width := 0, 0
	for name, s := range r.sites {
		if s.A == nil {
			missing = append(missing, weightKey(name, "A"))
		}
		if s.B == nil {
			missing = append(missing, weightKey(name, "B"))
		}
		a.Sites = append(a.Sites, *s)
		a.Rank = max(a.Rank, s.Rank)
		own, width = own+len(s.A)+len(s.B), width+s.In+s.Out
	}
	if err := difference(r.file, missing, r.unexpected); err != nil {
		return nil, err
	}
	if len(a.Sites) == 0 {
		return nil, fault.Invalidf("%s: no lora_A and lora_B tensors; this is no LoRA adapter", r.file)
	}
	if width > maxPadded/a.Rank && width > 8*own/a.Rank {
		return nil, fault.Invalidf("%s: rank %d for one module and far less for most takes too much memory; give the modules ranks that are closer", r.file, a.Rank)
	}
	a.pad()
	return a, a.sort()
}

// maxPadded is how many values the sites may take together if that is far more than the file has.
const maxPadded = 1 << 25

// pad brings sites at their own ranks to the adapter's; what is as the adapter is 0.
func (a *Adapter) pad() {
	for i := range a.Sites {
		s := &a.Sites[i]
		if s.Rank < a.Rank {
			s.A, s.B = resize(s.A, a.Rank*s.In), restride(s.B, s.Out, s.Rank, s.Rank, a.Rank)
		} else {
			s.Rank = 0
		}
		if s.Alpha == a.Alpha {
			s.Alpha = 0
		}
	}
}

func (r *reading) finite(t safetensors.Tensor) ([]float32, error) {
	v, err := finite(t)
	if err != nil {
		return nil, fault.Invalidf("%s: %w", r.file, err)
	}
	return v, nil
}
