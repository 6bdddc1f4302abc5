package program

import (
	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/model"
)

// trainingGates gives a training pass its gates, for both directions: those of the sequences' ranks,
// or the sum over Options.Sum. A pass that trains all rows is a LoRA's in any case.
func (p *Program) trainingGates(in *model.Input, pass Pass) {
	gate := func(row []float32, m *adapter.Module, _ int) { p.a.SumGate(row, m, p.o.Sum) }
	if summed := len(p.o.Sum) > 0 && !pass.Whole; summed {
		p.fill(&p.gates, pass.Ranks, gate)
	} else {
		update := p.o.Update
		if pass.Whole {
			update = adapter.All
		}
		gate = func(row []float32, m *adapter.Module, rank int) { p.a.GradientGate(row, m, rank, update) }
	}
	p.fill(&p.gradientGates, pass.Ranks, gate)
	in.Gates, in.GradientGates = p.gates, p.gradientGates
}

// fill writes a gate per sequence and module.
func (p *Program) fill(dst *[]float32, ranks []int, gate func(row []float32, m *adapter.Module, rank int)) {
	*dst = (*dst)[:0]
	for _, r := range ranks {
		for i := range p.a.Modules {
			gate(p.rankRow, &p.a.Modules[i], r)
			*dst = append(*dst, p.rankRow...)
		}
	}
}
