package adapter

import (
	"cmp"
	"path/filepath"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/lfs"
	"github.com/dylora/dylora/internal/pickle"
	"github.com/dylora/dylora/internal/safetensors"
)

// Options of Open and OpenLoralib.
type Options struct {
	AllowPickle bool    // read weights that torch.save wrote
	Alpha       float64 // of a loralib file, which does not hold it; 0: not known
}

// pickledName is the weights' file of PEFT before it wrote safetensors.
const pickledName = "adapter_model.bin"

// readPickle reads a pickle if that is allowed; otherwise the reason is PickledWeights.
func (o Options) readPickle(f folder, name string) (*safetensors.File, error) {
	if !o.AllowPickle {
		if err := checkPointer(f, name); err != nil {
			return nil, err
		}
		return nil, fault.Because(PickledWeights, fault.Usagef("%s: weights in Python's pickle format, which is a program; nothing of it is run", f.path(name)))
	}
	b, err := f.weights(name)
	if err != nil {
		return nil, err
	}
	return pickle.Parse(f.path(name), b)
}

// checkPointer refuses a pointer of Git LFS before the pickle that it stands for.
func checkPointer(f folder, name string) error {
	file, err := f.open(name)
	if err != nil {
		return nil //nolint:nilerr // whoever reads the file says so
	}
	defer file.Close()
	return lfs.CheckReader(f.path(name), file)
}

// readWeights reads the safetensors file, or where there is none the pickled one.
func (o Options) readWeights(f folder) (string, *safetensors.File, error) {
	if !f.has(weightsName) && f.has(pickledName) {
		st, err := o.readPickle(f, pickledName)
		return f.path(pickledName), st, err
	}
	b, err := f.weights(weightsName)
	if err != nil {
		return "", nil, err
	}
	st, err := safetensors.Parse(f.path(weightsName), b)
	return f.path(weightsName), st, err
}

// OpenLoralib reads what lora_state_dict of microsoft/LoRA's loralib gives, saved by
// torch.save: keys without a prefix and without .weight, ranks by the shapes, and the
// whole head. The file does not say alpha: without one in o that is NoAlpha. There is no
// provenance.
func OpenLoralib(file string, o Options) (*Stored, error) {
	dir, name := filepath.Split(file)
	f := openFolder(cmp.Or(dir, "."))
	st, err := o.readPickle(f, name)
	if changed := f.unchanged(); changed != nil {
		return nil, changed
	}
	if err != nil {
		return nil, err
	}
	if !(o.Alpha > 0) {
		return nil, fault.Because(NoAlpha, fault.Usagef("%s: a loralib file does not hold lora_alpha, and its weights mean nothing without", file))
	}
	if err := refuseMerged(file, st); err != nil {
		return nil, err
	}
	c := &config{alpha: o.Alpha, bias: "none", ranks: new(patterns), alphas: new(patterns)}
	c.targets.names.list = map[string]bool{}
	named := &safetensors.File{}
	for _, t := range st.Tensors {
		module, isA := strings.CutSuffix(t.Name, ".lora_A")
		_, isB := strings.CutSuffix(t.Name, ".lora_B")
		if isA && len(t.Shape) == 2 {
			if err := c.addModule(file, module, t.Shape[0]); err != nil {
				return nil, err
			}
		}
		if isA || isB {
			t.Name += ".weight"
		} else if _, ok := biasName(t.Name); ok {
			c.bias = "all"
		}
		t.Name = keyPrefix + t.Name
		named.Tensors = append(named.Tensors, t)
	}
	a, notes, err := decodeWeights(file, named, file, c)
	if err != nil {
		return nil, err
	}
	return &Stored{Adapter: a, Provenance: new(Provenance), Notes: notes, from: f}, nil
}

// refuseMerged names loralib's MergedLinear, which holds several projections: its A has the
// rows of all of them, its B the columns of one.
func refuseMerged(file string, st *safetensors.File) error {
	rows := map[string]int{}
	for _, t := range st.Tensors {
		if module, ok := strings.CutSuffix(t.Name, ".lora_A"); ok && len(t.Shape) == 2 {
			rows[module] = t.Shape[0]
		}
	}
	for _, t := range st.Tensors {
		module, ok := strings.CutSuffix(t.Name, ".lora_B")
		if ok && len(t.Shape) == 2 && rows[module] > t.Shape[1] {
			return fault.Invalidf("%s: %s is a merged projection (enable_lora), A with %d rows and B with %d columns; only single projections are supported",
				file, show(module), rows[module], t.Shape[1])
		}
	}
	return nil
}

// addModule says that the file adapts module at a rank.
func (c *config) addModule(file, module string, rank int) error {
	if rank < 1 {
		return fault.Invalidf("%s: tensor %s has no rows", file, show(module+".lora_A"))
	}
	c.rank = max(c.rank, rank)
	c.targets.names.list[module] = true
	if err := c.ranks.add(pattern{key: module, value: float64(rank)}); err != nil {
		return fault.Invalidf("%s: tensor %s: its module's name is none of a model's", file, show(module+".lora_A"))
	}
	return nil
}
