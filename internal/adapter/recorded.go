package adapter

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/dylora/dylora/internal/fault"
)

// record notes in p what a's config does not tell: the rank, alpha and scaling, and where the
// config can hold the scale of one rank only, what the scales of the others need.
func (p *Provenance) record(a *Adapter) {
	p.Rank, p.Alpha, p.Scaling = a.Rank, a.Alpha, ""
	p.ScalingRank, p.ModuleAlphas = 0, nil
	if a.Scaling != Paper {
		p.Scaling = a.Scaling.String()
	}
	if a.Scaling.inPEFT() {
		return
	}
	p.ScalingRank = a.ScalingRank
	for _, m := range a.Modules {
		if m.Alpha == 0 {
			continue
		}
		if p.ModuleAlphas == nil {
			p.ModuleAlphas = map[string]float64{}
		}
		p.ModuleAlphas[m.Name] = m.Alpha
	}
}

// adopt gives a, as configFile describes it, the scaling that p records, from file. What the
// two say of the scale must agree: they are of different adapters otherwise, or somebody has
// changed one of them.
func (a *Adapter) adopt(file, configFile string, p *Provenance) error {
	scaling, err := ParseScaling(cmp.Or(p.Scaling, Paper.String()))
	if err != nil {
		return fault.Invalidf("%s: scaling %w", file, err)
	}
	// An alpha may be any number above 0: a NaN or an infinity is no JSON.
	switch isSqrt := scaling == Sqrt; {
	case p.Rank != a.Rank:
		return fault.Invalidf("%s: rank is %d, but the weights beside it have rank %d; the files do not belong together", file, p.Rank, a.Rank)
	case p.ScalingRank != 0 && (scaling.inPEFT() || p.ScalingRank <= p.Rank || p.ScalingRank > math.MaxInt32):
		return fault.Invalidf("%s: scaling_rank is %d, with scaling %v and rank %d; it is the rank that a slice of scaling constant or power was cut from", file, p.ScalingRank, scaling, p.Rank)
	case isSqrt != (a.Scaling == Sqrt):
		return fault.Invalidf("%s: scaling is %v, which is use_rslora %t, but %s has use_rslora %t; the files do not belong together", file, scaling, isSqrt, configFile, !isSqrt)
	case scaling.inPEFT() && p.Alpha != a.Alpha:
		return fault.Invalidf("%s: alpha is %v, but lora_alpha in %s is %v; the files do not belong together", file, p.Alpha, configFile, a.Alpha)
	case scaling.inPEFT() && len(p.ModuleAlphas) > 0:
		return fault.Invalidf("%s: module_alphas with scaling %v, whose alphas are those of alpha_pattern in %s; remove it", file, scaling, configFile)
	case scaling.inPEFT():
		return nil
	}
	recorded := *a
	recorded.Alpha, recorded.Scaling, recorded.ScalingRank, recorded.Modules = p.Alpha, scaling, p.ScalingRank, slices.Clone(a.Modules)
	left := maps.Clone(p.ModuleAlphas)
	for i := range recorded.Modules {
		m := &recorded.Modules[i]
		if m.Alpha = p.ModuleAlphas[m.Name]; m.Alpha == p.Alpha {
			m.Alpha = 0
		}
		delete(left, m.Name)
		// Other machines may round the power otherwise.
		if want, got := recorded.writtenAlpha(m, a.rankOf(m)), a.alphaOf(&a.Modules[i]); !(want > 0 && math.Abs(got-want) <= 1e-12*want) {
			return fault.Invalidf("%s: alpha %v and scaling %v of rank %d make lora_alpha (or alpha_pattern) %v for %s at rank %d, but in %s it is %v; the files do not belong together",
				file, recorded.alphaOf(m), scaling, recorded.trainedRank(), want, m.Name, a.rankOf(m), configFile, got)
		}
	}
	if unknown := slices.Sorted(maps.Keys(left)); len(unknown) > 0 {
		return fault.Invalidf("%s: module_alphas has %s, which the adapter does not adapt", file, listed(unknown))
	}
	*a = recorded
	return nil
}
