package adapter

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"

	"github.com/dylora/dylora/internal/card"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
)

// The files of an adapter's folder: PEFT's two, and dylora's with the provenance. The model card
// stands beside them.
const (
	configName     = "adapter_config.json"
	weightsName    = "adapter_model.safetensors"
	provenanceName = ProvenanceName
)

// ProvenanceName is the file of a Provenance, in an adapter's folder or that of a merged model.
const ProvenanceName = "dylora.json"

// SaveOptions say how Save writes. The zero value is float32, to a folder that is not there yet.
type SaveOptions struct {
	DType   string // of the tensors, as Encode takes it; "" is safetensors.Float32
	Replace bool   // an adapter that dylora wrote to the folder before makes way, as Write says
}

// Save writes a to the folder dir in PEFT's layout, with p in dylora.json and a model card
// unless p is nil: Encode, and Write of what that gives.
func Save(dir string, a *Adapter, p *Provenance, o SaveOptions) error {
	return save(disk.Real{}, dir, a, p, o)
}

func save(d disk.Files, dir string, a *Adapter, p *Provenance, o SaveOptions) error {
	contents, err := Encode(a, p, cmp.Or(o.DType, safetensors.Float32))
	if err != nil {
		return fmt.Errorf("cannot save the adapter to %s: %w", dir, err)
	}
	return commit(d, dir, contents, o.Replace)
}

// Write makes the folder dir of the files that Encode gave. It appears whole or not at all.
// A folder that exists is fault.Usage; with replace an empty one, or an adapter that dylora
// wrote there before, is replaced. Until the new one is on the disk the old one stays; then
// they change places in one step (on Linux).
func Write(dir string, contents []disk.Content, replace bool) error {
	return commit(disk.Real{}, dir, contents, replace)
}

func commit(d disk.Files, dir string, contents []disk.Content, replace bool) error {
	exists, err := occupied(dir, replace)
	if err != nil {
		return err
	}
	if err := disk.Commit(d, dir, contents, exists); err != nil {
		return fmt.Errorf("cannot save the adapter to %s: %w", dir, err)
	}
	return nil
}

// Encode makes the files of a's folder, after checking that Load will take them. p may be
// nil; dylora.json is then written only where the scaling has no other place. The tensors are of the given dtype: safetensors.Float32, Float16 or BFloat16, rounded
// to the nearest, of two the even. The config does not say it, nor do readers ask: PEFT
// computes in the base model's own.
func Encode(a *Adapter, p *Provenance, dtype string) ([]disk.Content, error) {
	sorted := *a
	sorted.Modules, sorted.Biases, sorted.Saved = slices.Clone(a.Modules), slices.Clone(a.Biases), slices.Clone(a.Saved)
	if a = &sorted; len(a.Modules) == 0 {
		return nil, errors.New("it has no modules")
	}
	if err := a.sort(); err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	if p == nil && !a.Scaling.inPEFT() {
		p = new(Provenance) // nothing else could tell the scales of lower ranks
	}
	model := ""
	if p != nil {
		g := *p
		g.record(a)
		p, model = &g, g.Model
	}
	config, err := encodeConfig(a, model)
	if err != nil {
		return nil, err
	}
	weights, err := encodeWeights(a, p, dtype)
	if err != nil {
		return nil, err
	}
	contents := []disk.Content{{Name: configName, Data: config}, {Name: weightsName, Data: weights}}
	if len(a.Heads) > 0 {
		heads, err := a.encodeHeads(dtype)
		if err != nil {
			return nil, err
		}
		contents = append(contents, disk.Content{Name: headsName, Data: heads})
	}
	if p != nil {
		b, err := p.encode()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", provenanceName, err)
		}
		contents = append(contents, disk.Content{Name: provenanceName, Data: append(b, '\n')})
		if p.Task != "" {
			contents = append(contents, disk.Content{Name: card.FileName, Data: cardOf(a, p).Markdown()})
		}
	}
	return contents, nil
}

// check holds an adapter in memory against its own shapes.
func (a *Adapter) check() error {
	if a.Rank < 1 || !(a.Alpha > 0) || math.IsInf(a.Alpha, 1) {
		return fmt.Errorf("rank %d and alpha %v must be above 0", a.Rank, a.Alpha)
	}
	for i := range a.Modules {
		m := &a.Modules[i]
		if _, ok := parsePlace(m.Name); !ok {
			return fmt.Errorf("%q is not a module that can be adapted", m.Name)
		}
		if m.Rank < 0 || m.Rank > a.Rank || m.Alpha < 0 || math.IsInf(m.Alpha, 1) || m.Alpha != m.Alpha {
			return fmt.Errorf("module %s: rank %d and alpha %v in an adapter of rank %d", m.Name, m.Rank, m.Alpha, a.Rank)
		}
		if w := a.writtenAlpha(m, a.rankOf(m)); !(w > 0) || math.IsInf(w, 1) {
			return fmt.Errorf("module %s: scaling %v of alpha %v at rank %d is out of range", m.Name, a.Scaling, a.alphaOf(m), a.rankOf(m))
		}
		if len(m.A) != a.Rank*m.In || len(m.B) != m.Out*a.Rank || len(m.A) == 0 || len(m.B) == 0 {
			return fmt.Errorf("module %s: %d values in A, %d in B for rank %d, in %d, out %d", m.Name, len(m.A), len(m.B), a.Rank, m.In, m.Out)
		}
	}
	if _, err := sortHead(a.Head, false); err != nil {
		return err
	}
	if err := a.checkHeads(); err != nil {
		return err
	}
	if err := a.sortSaved(); err != nil {
		return err
	}
	return a.sortBiases("all")
}

// occupied tells whether dir exists, and refuses one that may not be replaced: with
// replace, all but an empty folder and one that holds an adapter of dylora's and nothing else.
func occupied(dir string, replace bool) (bool, error) {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("cannot save the adapter: %w", err)
	case !replace:
		return true, fault.Usagef("%s exists; remove it or give another folder", dir)
	case !info.IsDir():
		return true, fault.Usagef("%s exists and is not a folder; remove it or give another", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return true, fmt.Errorf("cannot save the adapter: %w", err)
	}
	ours := len(entries) == 0
	for _, e := range entries {
		if e.Name() == card.FileName {
			if err := checkCard(dir); err != nil {
				return true, err
			}
			continue
		}
		if !slices.Contains([]string{configName, weightsName, headsName, provenanceName}, e.Name()) {
			return true, fault.Usagef("%s holds %s, which is not part of an adapter; give another folder", dir, e.Name())
		}
		ours = ours || e.Name() == provenanceName
	}
	if !ours {
		return true, fault.Usagef("%s holds an adapter that dylora did not write; give another folder", dir)
	}
	return true, nil
}
