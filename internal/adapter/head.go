package adapter

import (
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model/architecture"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/weights"
)

// heads are the classification heads that travel with adapters, as the encoders have them:
// RoBERTa's two layers first.
func heads() (list [][]string) {
	for _, a := range architecture.All() {
		if names := a.HeadTensors(); !slices.ContainsFunc(list, func(other []string) bool { return slices.Equal(names, other) }) {
			list = append(list, names)
		}
	}
	return list
}

// headPart splits the name of a tensor that may be a head's into the module that PEFT saves
// whole, "classifier" or DistilBERT's "pre_classifier", and what follows.
func headPart(name string) (module, rest string, ok bool) {
	module, rest, ok = strings.Cut(name, ".")
	return module, rest, ok && slices.Contains(headModules(), module)
}

// headModules are the modules that heads consist of.
func headModules() (modules []string) {
	for _, names := range heads() {
		for _, name := range names {
			if module, _, _ := strings.Cut(name, "."); !slices.Contains(modules, module) {
				modules = append(modules, module)
			}
		}
	}
	return modules
}

// sortHead checks that h is one of heads, whole and of fitting shapes, or nothing where
// none is needed, and returns it in that head's order.
func sortHead(h []weights.Tensor, needed bool) ([]weights.Tensor, error) {
	if len(h) == 0 && !needed {
		return nil, nil
	}
	byName := map[string]weights.Tensor{}
	for _, t := range h {
		byName[t.Name] = t
	}
	forms := heads()
	form := forms[0]
	for _, f := range forms {
		if _, ok := byName[f[0]]; ok {
			form = f
		}
	}
	var missing, unexpected []string
	var sorted []weights.Tensor
	for _, name := range form {
		t, ok := byName[name]
		if !ok {
			missing = append(missing, keyPrefix+name)
		}
		sorted = append(sorted, t)
	}
	for _, t := range h {
		if !slices.Contains(form, t.Name) {
			unexpected = append(unexpected, keyPrefix+t.Name)
		}
	}
	if err := difference("head", missing, unexpected); err != nil {
		return nil, err
	}
	return sorted, checkHead(sorted)
}

// checkHead wants weights (out, in), a bias (out) behind each, and each layer as wide as
// the one before it.
func checkHead(h []weights.Tensor) error {
	for i := 0; i < len(h); i += 2 {
		w, b := h[i], h[i+1]
		switch {
		case len(w.Shape) != 2 || len(w.Data) == 0 || len(w.Data) != w.Shape[0]*w.Shape[1]:
			return fault.Invalidf("tensor %s has shape %v and %d values, not (out, in)", show(w.Name), w.Shape, len(w.Data))
		case !slices.Equal(b.Shape, w.Shape[:1]) || len(b.Data) != w.Shape[0]:
			return fault.Invalidf("tensor %s has shape %v, not (%d) as %s", show(b.Name), b.Shape, w.Shape[0], w.Name)
		case i > 0 && w.Shape[1] != h[i-2].Shape[0]:
			return fault.Invalidf("tensor %s has shape %v, not (out, %d) as %s", show(w.Name), w.Shape, h[i-2].Shape[0], h[i-2].Name)
		}
	}
	return nil
}

// headTensor takes a tensor of a module of the head: of the head itself, of the head as an older
// PEFT wrote it, or of the one that it replaced, which no result depends on.
func (r *reading) headTensor(module, name string, t safetensors.Tensor) error {
	if strings.HasPrefix(name, "original_module.") {
		r.originals++
		return nil
	}
	into := &r.head
	if older, ok := strings.CutPrefix(name, "modules_to_save."); ok {
		name, into = strings.TrimPrefix(older, "default."), &r.older
	}
	data, err := r.finite(t)
	*into = append(*into, weights.Tensor{Name: module + "." + name, Shape: slices.Clone(t.Shape), Data: data})
	return err
}

// joinHead takes what the head lacks from the older names, and refuses two that differ.
func (r *reading) joinHead() error {
	if r.originals > 0 {
		r.note("%d tensors classifier.original_module.* dropped: the head before training, which nothing uses", r.originals)
	}
	taken, repeats := 0, 0
	for _, t := range r.older {
		i := slices.IndexFunc(r.head, func(h weights.Tensor) bool { return h.Name == t.Name })
		if i < 0 {
			r.head = append(r.head, t)
			taken++
			continue
		}
		if h := r.head[i]; !slices.Equal(h.Shape, t.Shape) || !slices.Equal(h.Data, t.Data) {
			return fault.Invalidf("%s: %s differs from its copy under the name classifier.modules_to_save.…, which an older PEFT gives the head; remove one of them",
				r.file, show(keyPrefix+t.Name))
		}
		repeats++
	}
	if taken > 0 {
		r.note("%d tensors of the head read from classifier.modules_to_save.*, their names in an older PEFT", taken)
	}
	if repeats > 0 {
		r.note("%d tensors classifier.modules_to_save.* dropped: copies of the head's own", repeats)
	}
	return nil
}
