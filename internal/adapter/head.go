package adapter

import (
	"slices"

	"github.com/dylora/dylora/internal/fault"
)

// heads are the classification heads that travel with adapters: RoBERTa's two layers,
// and the single layer of BERT.
var heads = [...][]string{
	{"classifier.dense.weight", "classifier.dense.bias", "classifier.out_proj.weight", "classifier.out_proj.bias"},
	{"classifier.weight", "classifier.bias"},
}

// sortHead checks that h is one of heads, whole and of fitting shapes, or nothing where
// none is needed, and returns it in that head's order.
func sortHead(h []Tensor, needed bool) ([]Tensor, error) {
	if len(h) == 0 && !needed {
		return nil, nil
	}
	byName := map[string]Tensor{}
	for _, t := range h {
		byName[t.Name] = t
	}
	form := heads[0]
	for _, f := range heads {
		if _, ok := byName[f[0]]; ok {
			form = f
		}
	}
	var missing, unexpected []string
	var sorted []Tensor
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
func checkHead(h []Tensor) error {
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
