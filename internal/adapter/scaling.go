package adapter

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/suggest"
)

// Scaling is the law by which the gate's scale depends on the rank b, with α the module's
// alpha and R the rank that was trained. The zero value is Paper's. Two values of one law
// are equal.
type Scaling struct {
	kind  scalingKind
	power float64 // of powerLaw
}

type scalingKind int

const (
	paperLaw scalingKind = iota
	sqrtLaw
	powerLaw
)

// The scalings with a name.
var (
	Paper    = Scaling{}               // α/b (DyLoRA, equation 5), which is LoRA's at each rank
	Sqrt     = Scaling{kind: sqrtLaw}  // α/√b (rsLoRA, arXiv 2312.03732, theorem 3.2), PEFT's use_rslora
	Constant = Scaling{kind: powerLaw} // α/R
)

// maxPower bounds p of power:p.
const maxPower = 2

// powerPrefix stands before the p of α·R^(p-1)/b^p.
const powerPrefix = "power:"

// ParseScaling reads paper, sqrt, constant or power:p, p in 0 to 2: α·R^(p-1)/b^p. power:0 is
// constant, power:1 is paper. Errors are fault.Usage.
func ParseScaling(text string) (Scaling, error) {
	for _, s := range []Scaling{Paper, Sqrt, Constant} {
		if text == s.String() {
			return s, nil
		}
	}
	number, isPower := strings.CutPrefix(text, powerPrefix)
	if !isPower {
		return Scaling{}, fault.Usagef("%s is none of paper, sqrt, constant, power:p%s", show(text), suggest.Hint(text, []string{"paper", "sqrt", "constant", "power:p"}))
	}
	p, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil || !(p >= 0 && p <= maxPower):
		return Scaling{}, fault.Usagef("%s: the power is not a number from 0 to %d, as in power:0.75", show(text), maxPower)
	case p == 1:
		return Paper, nil
	case p == 0: // -0, too
		return Constant, nil
	}
	return Scaling{powerLaw, p}, nil
}

// String is the scaling as ParseScaling reads it.
func (s Scaling) String() string {
	switch s {
	case Paper:
		return "paper"
	case Sqrt:
		return "sqrt"
	case Constant:
		return "constant"
	}
	return powerPrefix + strconv.FormatFloat(s.power, 'g', -1, 64)
}

// Equal is ==, for comparisons of whole adapters.
func (s Scaling) Equal(t Scaling) bool { return s == t }

// inPEFT says whether PEFT's configuration can tell the law: α/b, or with use_rslora α/√b.
// Of the others it holds the scale at one rank.
func (s Scaling) inPEFT() bool { return s.kind != powerLaw }

// alphaAt is the alpha with which PEFT's scale at rank b is s's of α and a trained rank R: α
// itself where PEFT has the law, else b·α·R^(p-1)/b^p = α·(b/R)^(1-p).
func (s Scaling) alphaAt(alpha float64, b, trained int) float64 {
	if s.inPEFT() {
		return alpha
	}
	return alpha * math.Pow(float64(b)/float64(trained), 1-s.power)
}

// at is the scale at rank b. It is what PEFT computes of alphaAt, to the bit.
func (s Scaling) at(alpha float64, b, trained int) float64 {
	if s == Sqrt {
		return alpha / math.Sqrt(float64(b))
	}
	return s.alphaAt(alpha, b, trained) / float64(b)
}

// trainedRank is the R of the scaling: the adapter's rank, or of a slice the whole adapter's.
func (a *Adapter) trainedRank() int { return cmp.Or(a.ScalingRank, a.Rank) }

// writtenAlpha is PEFT's alpha for module m at its first b ranks.
func (a *Adapter) writtenAlpha(m *Module, b int) float64 {
	return a.Scaling.alphaAt(a.alphaOf(m), b, a.trainedRank())
}

// ScaleText is the scale at a rank as a formula, such as alpha/√rank.
func (a *Adapter) ScaleText() string {
	switch a.Scaling {
	case Paper:
		return "alpha/rank"
	case Sqrt:
		return "alpha/√rank"
	case Constant:
		return fmt.Sprintf("alpha/%d", a.trainedRank())
	}
	return fmt.Sprintf("alpha·%d^%.4g/rank^%.4g", a.trainedRank(), a.Scaling.power-1, a.Scaling.power)
}
