package model

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/dylora/dylora/internal/decision"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model/architecture"
	"github.com/dylora/dylora/internal/model/op"
	"github.com/dylora/dylora/internal/packed"
	"github.com/dylora/dylora/internal/weights"
)

// Model is a frozen encoder: its configuration and its weights, packed for the kernels.
// It is not changed after loading, so any number of graphs may share it.
type Model struct {
	Config     Config
	Made       []weights.Tensor // what the checkpoint lacks and was made from a seed, by full names
	Hash       string           // SHA-256 of the weight files, in hex
	machine    *kernel.Machine
	precision  kernel.Precision
	embeddings embeddings
	layers     []layer
	relative   relativeBias     // MPNet's
	widening   op.Frozen        // from the embeddings' width to the layers'; only ELECTRA's of another width
	pooler     op.Frozen        // BERT's
	classifier []weights.Tensor // the checkpoint's own head, if it has one
	source     mapped           // of weights that were not packed but mapped
}

// layer mirrors one layer of the checkpoint; query, key and value are one
// product. The last layer computes queries for first tokens alone, so there the query is
// apart: attention holds key and value only.
type layer struct {
	query           op.Frozen // last layer only
	attention       op.Frozen
	attentionOutput op.Frozen
	attentionNorm   op.Norm
	intermediate    op.Frozen
	output          op.Frozen
	outputNorm      op.Norm
}

// LoadOptions say how weights are read. Without more than a Machine it is float32 from
// safetensors.
type LoadOptions struct {
	Machine     *kernel.Machine  // computes with the model; needed
	Precision   kernel.Precision // of the projections' weights
	Cache       *packed.Cache    // of packed weights; nil: none
	AllowPickle bool             // read pytorch_model.bin, through package pickle, where there are no safetensors
	Replace     []weights.Tensor // take the place of the checkpoint's tensors, by their full names: "bert.pooler.dense.weight"
	InitMissing bool             // make a pooler that the checkpoint lacks, see Model.Made
	Seed        uint64           // of what InitMissing makes
	Note        func(string)     // is told what a user should know, such as that a file of the cache is damaged; may be nil
	Log         *decision.Log    // gets what the weights settle; may be nil

	// Packed is told how many of the layers are packed, in any order and by several goroutines; may be nil. Weights that a cache has
	// packed already are told nothing of.
	Packed func(layers, of int)
}

// loader makes a model of tensors from somewhere; the first failure is kept and ends all
// later work.
type loader struct {
	from      func(dst []float32, name string) ([]float32, error) // appends a tensor; safe for concurrent use
	machine   *kernel.Machine
	precision kernel.Precision
	scratch   []float32 // a weight before it is packed
	packed    *packed.File
	blobs     []packed.Blob   // what was not in the file, packed
	replaced  map[string]bool // tensors that are not the checkpoint's; read only
	partial   bool            // blobs lack what was replaced
	done      func(layers, of int)
	err       error
}

// model takes the layers on all processors, each with a loader of its own.
func (l *loader) model(config *Config) *Model {
	if config.architecture().RelativeBias != "" {
		l.machine = l.machine.Precise()
	}
	m := &Model{Config: *config, machine: l.machine, precision: l.precision, embeddings: l.embeddings(config), layers: make([]layer, config.Layers)}
	var next, packed atomic.Int32
	var all sync.WaitGroup
	workers := make([]loader, min(runtime.GOMAXPROCS(0), config.Layers))
	for w := range workers {
		worker := &workers[w]
		*worker = loader{from: l.from, machine: l.machine, precision: l.precision, packed: l.packed, replaced: l.replaced, err: l.err}
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < config.Layers && worker.err == nil; i = int(next.Add(1)) - 1 {
				m.layers[i] = worker.layer(config, i)
				if l.done != nil && l.packed == nil {
					l.done(int(packed.Add(1)), config.Layers)
				}
			}
		})
	}
	all.Wait()
	for _, worker := range workers {
		l.err, l.blobs, l.partial = cmp.Or(l.err, worker.err), append(l.blobs, worker.blobs...), l.partial || worker.partial
	}
	a, plain := config.architecture(), &loader{from: l.from, machine: l.machine, err: l.err} // in float32, as all that is before and behind the layers
	if config.widens() {
		m.widening = plain.frozen(config.embeddingWidth(), a.EmbeddingMap)
	}
	if a.RelativeBias != "" {
		m.relative = plain.relativeBias(config)
	}
	if a.Pooler != "" {
		m.pooler = plain.frozen(config.HiddenSize, a.Pooler)
	}
	l.err = plain.err
	return m
}

func (l *loader) floats(name string) []float32 { return l.append(nil, name) }

func (l *loader) append(dst []float32, name string) []float32 {
	if l.err != nil {
		return nil
	}
	v, err := l.from(dst, name)
	l.err = err
	return v
}

// floats appends a checked tensor.
func (c *checkpoint) floats(dst []float32, name string) ([]float32, error) {
	v, err := c.tensors[name].AppendFloat32(dst)
	if err != nil {
		return nil, fault.Invalidf("%s: tensor %q: %w", c.path, name, err)
	}
	return v, nil
}

// frozen packs projections that share their input, stacked in the given order.
func (l *loader) frozen(in int, names ...string) op.Frozen {
	var bias []float32
	l.scratch = l.scratch[:0]
	for _, name := range names {
		bias = l.append(bias, name+".bias")
	}
	own := !slices.ContainsFunc(names, func(name string) bool { return l.replaced[name+".weight"] })
	if own {
		if w, ok := l.machine.Adopt(l.precision, l.packed.Blob(names[0]), len(bias), in); ok {
			return op.Frozen{W: w, Bias: bias}
		}
	}
	for _, name := range names {
		l.scratch = l.append(l.scratch, name+".weight")
	}
	if l.err != nil {
		return op.Frozen{}
	}
	w := l.machine.Pack(l.precision, l.scratch, len(bias), in)
	l.partial = l.partial || !own
	if parts := w.Memory(); parts != nil && own {
		l.blobs = append(l.blobs, packed.Blob{Name: names[0], Parts: parts})
	}
	return op.Frozen{W: w, Bias: bias}
}

func (l *loader) norm(config *Config, name string) op.Norm {
	return op.Norm{Gamma: l.floats(name + ".weight"), Beta: l.floats(name + ".bias"), Eps: float32(config.LayerNormEps)}
}

func (l *loader) layer(config *Config, i int) layer {
	a, h := config.architecture(), config.HiddenSize
	at := func(m architecture.Map) string { return a.Path(i, m) }
	r := layer{
		attentionOutput: l.frozen(h, at(architecture.AttentionOutput)),
		attentionNorm:   l.norm(config, a.InLayer(i, a.AttentionNorm)),
		intermediate:    l.frozen(h, at(architecture.Intermediate)),
		output:          l.frozen(config.IntermediateSize, at(architecture.Output)),
		outputNorm:      l.norm(config, a.InLayer(i, a.OutputNorm)),
	}
	q, k, v := at(architecture.Query), at(architecture.Key), at(architecture.Value)
	if i < config.Layers-1 {
		r.attention = l.frozen(h, q, k, v)
	} else {
		r.query, r.attention = l.frozen(h, q), l.frozen(h, k, v)
	}
	return r
}

// classifier is the checkpoint's own classification head; nil if it has none.
func (l *loader) classifier(c *checkpoint, config *Config) (head []weights.Tensor) {
	for _, name := range config.headNames() {
		t, ok := c.tensors[name]
		if !ok {
			return nil
		}
		head = append(head, weights.Tensor{Name: name, Shape: t.Shape, Data: l.floats(name)})
	}
	return head
}
