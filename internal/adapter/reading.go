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
	modules    map[string]*Module // A and B at the module's own rank
	head       []weights.Tensor
	older      []weights.Tensor // of the head, under an older PEFT's names
	biases     []weights.Tensor
	saved      []weights.Tensor // of modules saved whole
	wrapped    map[string]bool  // those of saved that are called base_layer.weight
	unexpected []string
	notes      []string
	originals  int // tensors of the head that was replaced
}

// decodeWeights builds the adapter that file holds after its config. The notes say what
// the file has and the adapter has not.
func decodeWeights(file string, st *safetensors.File, configFile string, c *config) (*Adapter, []string, error) {
	r := &reading{file: file, config: c, modules: map[string]*Module{}, wrapped: map[string]bool{}}
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
	idle, err := c.targets.check(configFile, file, a.Modules)
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
	if err := r.checkSaved(a); err != nil {
		return nil, nil, err
	}
	a.Saved, a.Saves = r.saved, c.saves
	if err := a.sortSaved(); err != nil {
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
	module, isA := strings.CutSuffix(name, ".lora_A.weight")
	isB := false
	if !isA {
		module, isB = strings.CutSuffix(name, ".lora_B.weight")
	}
	_, adaptable := parsePlace(module)
	bias, isBias := biasName(name)
	headModule, headName, inHead := headPart(name)
	whole, isWhole := r.config.savedName(name)
	switch {
	case !ok:
	case (isA || isB) && adaptable:
		data, err := r.finite(t)
		if err != nil {
			return err
		}
		return r.matrix(module, isA, t, data)
	case inHead && !isA && !isB:
		return r.headTensor(headModule, headName, t)
	case isBias && r.config.takesBiases():
		data, err := r.finite(t)
		r.biases = append(r.biases, weights.Tensor{Name: bias, Shape: slices.Clone(t.Shape), Data: data})
		return err
	case isWhole:
		return r.savedTensor(whole, t)
	}
	r.unexpected = append(r.unexpected, t.Name)
	return nil
}

func (c *config) takesBiases() bool { return c.bias == "all" || c.bias == "lora_only" }

// matrix stores A (r, in) or B (out, r) of a module, r being the module's own.
func (r *reading) matrix(module string, isA bool, t safetensors.Tensor, data []float32) error {
	m := r.modules[module]
	if m == nil {
		m = &Module{Name: module, Rank: r.config.rank}
		if own, ok := r.config.ranks.value(module); ok {
			m.Rank = int(own)
		}
		m.Alpha, _ = r.config.alphas.value(module)
		r.modules[module] = m
	}
	rankAxis, want := 1, "(out, %d)"
	if isA {
		rankAxis, want = 0, "(%d, in)"
	}
	if len(t.Shape) != 2 || t.Shape[rankAxis] != m.Rank || len(data) == 0 {
		return fault.Invalidf("%s: tensor %s has shape %v, not "+want+" as r and rank_pattern say", r.file, show(t.Name), t.Shape, m.Rank)
	}
	if isA {
		m.In, m.A = t.Shape[1], data
	} else {
		m.Out, m.B = t.Shape[0], data
	}
	return nil
}

// pairs makes the adapter's modules, all padded to the largest rank.
func (r *reading) pairs() (*Adapter, error) {
	a := &Adapter{Alpha: r.config.alpha}
	if r.config.rslora {
		a.Scaling = Sqrt
	}
	var missing []string
	own, width := 0, 0
	for name, m := range r.modules {
		if m.A == nil {
			missing = append(missing, weightKey(name, "A"))
		}
		if m.B == nil {
			missing = append(missing, weightKey(name, "B"))
		}
		a.Modules = append(a.Modules, *m)
		a.Rank = max(a.Rank, m.Rank)
		own, width = own+len(m.A)+len(m.B), width+m.In+m.Out
	}
	if err := difference(r.file, missing, r.unexpected); err != nil {
		return nil, err
	}
	if len(a.Modules) == 0 {
		return nil, fault.Invalidf("%s: no lora_A and lora_B tensors; this is no LoRA adapter", r.file)
	}
	if width > maxPadded/a.Rank && width > 8*own/a.Rank {
		return nil, fault.Invalidf("%s: rank %d for one module and far less for most takes too much memory; give the modules ranks that are closer", r.file, a.Rank)
	}
	a.pad()
	return a, a.sort()
}

// maxPadded is how many values the modules may take together if that is far more than the file has.
const maxPadded = 1 << 25

// pad brings modules at their own ranks to the adapter's; what is as the adapter is 0.
func (a *Adapter) pad() {
	for i := range a.Modules {
		m := &a.Modules[i]
		if m.Rank < a.Rank {
			m.A, m.B = resize(m.A, a.Rank*m.In), restride(m.B, m.Out, m.Rank, m.Rank, a.Rank)
		} else {
			m.Rank = 0
		}
		if m.Alpha == a.Alpha {
			m.Alpha = 0
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
