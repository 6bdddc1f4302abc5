package session

import (
	"fmt"
	"slices"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/weights"
)

// checkTask refuses a task of another kind than the adapter was trained for.
func (s *Session) checkTask() error {
	p := s.Provenance
	if p == nil || p.Task == "" || recordedKind(p) == s.Task.Kind {
		return nil
	}
	return fault.Because(OtherTask, fault.Invalidf("%s was trained for %s, task %s is a %s", s.Folder, p.Task, s.Task.Name, s.Task.Kind.Noun()))
}

// checkHead refuses an adapter whose head answers another number of labels.
func (s *Session) checkHead() error {
	if len(s.Adapter.Head) < 2 {
		return nil
	}
	t := s.Adapter.Head[len(s.Adapter.Head)-2] // the last layer's weight, its bias is behind it
	if have, want := t.Shape[0], evaluate.Outputs(s.Task); have != want {
		return fault.Because(OtherTask, fault.Invalidf("%s: %s has %d outputs, task %s needs %d", s.Folder, t.Name, have, s.Task.Name, want))
	}
	return nil
}

// checkModules refuses an adapter whose modules the base model of that name does not have.
func (s *Session) checkModules(name string, c *model.Config) error {
	shapes, err := c.Projections(adapter.Targets())
	if err != nil {
		return err
	}
	has := map[string]weights.Projection{}
	for _, shape := range shapes {
		has[shape.Name] = shape
	}
	for _, m := range s.Adapter.Modules {
		shape, ok := has[m.Name]
		switch {
		case !ok:
			return fault.Because(OtherModel, fault.Invalidf("%s: adapts %s, which model %s, of model_type %s, does not have", s.Folder, m.Name, name, c.ModelType))
		case shape.In != m.In || shape.Out != m.Out:
			return fault.Because(OtherModel, fault.Invalidf("%s: %s is (%d, %d), in model %s (%d, %d)",
				s.Folder, m.Name, m.Out, m.In, name, shape.Out, shape.In))
		}
	}
	return s.checkWhole(name, c)
}

// checkWhole refuses an adapter with a tensor that the base model of that name does not have,
// or without one that it says it holds.
func (s *Session) checkWhole(name string, c *model.Config) error {
	held := map[string]bool{}
	for _, t := range s.Adapter.Saved {
		held[t.Name] = true
		switch dims, ok := c.Shape(t.Name); {
		case !ok:
			return fault.Because(OtherModel, fault.Invalidf("%s: holds %s whole, which model %s, of model_type %s, does not have", s.Folder, t.Name, name, c.ModelType))
		case !slices.Equal(dims, t.Shape):
			return fault.Because(OtherModel, fault.Invalidf("%s: %s has shape %v, in model %s %v", s.Folder, t.Name, t.Shape, name, dims))
		}
	}
	for _, t := range s.Adapter.Biases {
		held[t.Name] = true
	}
	for _, saves := range s.Adapter.Saves {
		for _, tensor := range c.Tensors() {
			if adapter.Covers(saves, tensor) && !held[tensor] {
				return fault.Invalidf("%s: modules_to_save in adapter_config.json has %s, but the weights' file has no %s: the adapter is not whole; save it again", s.Folder, saves, tensor)
			}
		}
	}
	return nil
}

// checkBase refuses a base model whose weights are not those that the adapter was trained on.
func (s *Session) checkBase(force bool) error {
	if err := s.Provenance.CheckBase(s.Encoder.Model.Hash, force); err != nil {
		return fmt.Errorf("%s: %w", s.Folder, err)
	}
	return nil
}

// exchange gives encoder and adapter what each has of the other: the encoder the adapter's
// biases, an adapter without a head, or without its first layers, the model's.
func (s *Session) exchange() (err error) {
	if s.Encoder.Model, err = s.Encoder.Model.WithBiases(s.Adapter.Biases); err != nil {
		return fmt.Errorf("%s: %w", s.Folder, err)
	}
	if len(s.Adapter.Head) > 0 {
		if s.Adapter.Head, err = s.Encoder.Model.CompleteHead(s.Adapter.Head); err != nil {
			return fault.Because(OtherModel, fault.Invalidf("%s: %w", s.Folder, err))
		}
		return nil
	}
	if err := CheckNames(s.Encoder); err != nil {
		return err
	}
	head, ok := s.Encoder.Model.OwnHead(evaluate.Outputs(s.Task))
	if !ok {
		return fault.Because(OtherModel, fault.Invalidf("%s: it has no head, and model %s has none of %d outputs", s.Folder, s.Encoder.Name, evaluate.Outputs(s.Task)))
	}
	s.Adapter.Head = head
	return nil
}

// CheckNames refuses a base model's own head of another size than id2label of its config.json
// names: Transformers does not load it either.
func CheckNames(e *Encoder) error {
	named, columns := len(e.Model.Config.Labels), e.Model.OwnOutputs()
	if named == 0 || columns == 0 || named == columns {
		return nil
	}
	return fault.Invalidf("%s: id2label of config.json names %d columns, and the head of the weights has %d: correct id2label", e.Name, named, columns)
}
