package adapter

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"

	"github.com/dylora/dylora/internal/fault"
)

// StartFrom takes over A and B of init, which must adapt the same projections at the same
// rank, scaling and alpha; the head stays a's own. Errors are fault.Usage and say which of them
// differs, with the reason OtherRank if it is the rank. The weights are copied.
func (a *Adapter) StartFrom(init *Adapter) error {
	if init.Rank != a.Rank {
		return fault.Because(OtherRank, fault.Usagef("its rank is %d, not %d: set rank to %d", init.Rank, a.Rank, init.Rank))
	}
	if init.Scaling != a.Scaling {
		return fault.Usagef("its scaling is %v, not %v, and its weights are made for that scale: set scaling to %v", init.Scaling, a.Scaling, init.Scaling)
	}
	// α·R^(p-1)/b^p of a slice at rank r is that of α·(r/R)^(1-p) trained at r.
	if alpha := init.Scaling.alphaAt(init.Alpha, init.Rank, init.trainedRank()); alpha != a.Alpha {
		return fault.Usagef("its alpha is %v, not %v, and its weights are made for that scale: set alpha to %v", alpha, a.Alpha, alpha)
	}
	switch {
	case len(init.Saved) > 0:
		return fault.Usagef("it holds %s of the base model whole, which training leaves as it is", show(init.Saved[0].Name))
	case len(init.Biases) > 0:
		return fault.Usagef("it holds biases of the base model, which training leaves as they are")
	}
	theirs, mine := map[string]Module{}, map[string]bool{}
	for _, m := range init.Modules {
		theirs[m.Name] = m
	}
	for _, m := range a.Modules {
		from, ok := theirs[m.Name]
		switch {
		case !ok:
			return fault.Usagef("it does not adapt %s: set targets to the maps that it adapts", m.Name)
		case from.Rank != 0 || from.Alpha != 0:
			return fault.Usagef("its %s has a rank or an alpha of its own, and training has one for all", m.Name)
		case from.In != m.In || from.Out != m.Out || len(from.A) != len(m.A) || len(from.B) != len(m.B):
			return fault.Usagef("its %s is (%d, %d), the model's (%d, %d): it is made for another model", m.Name, from.Out, from.In, m.Out, m.In)
		}
		mine[m.Name] = true
	}
	for _, m := range init.Modules {
		if !mine[m.Name] {
			return fault.Usagef("it adapts %s as well: set targets to the maps that it adapts", m.Name)
		}
	}
	for _, m := range a.Modules {
		copy(m.A, theirs[m.Name].A)
		copy(m.B, theirs[m.Name].B)
	}
	return nil
}

// Fingerprint is the SHA-256, in hex, of all that a computes with, head included.
func (a *Adapter) Fingerprint() string {
	h := sha256.New()
	var b []byte
	number := func(n uint64) { b = binary.LittleEndian.AppendUint64(b, n) }
	tensor := func(name string, v []float32) {
		number(uint64(len(name)))
		b = append(b, name...)
		number(uint64(len(v)))
		for _, x := range v {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
		h.Write(b)
		b = b[:0]
	}
	number(uint64(a.Rank))
	number(math.Float64bits(a.Alpha))
	for _, m := range a.Modules {
		tensor(m.Name, m.A)
		tensor("", m.B)
	}
	for _, t := range a.Head {
		tensor(t.Name, t.Data)
	}
	switch {
	case a.Scaling == Sqrt:
		tensor("rslora", nil)
	case !a.Scaling.inPEFT():
		tensor(fmt.Sprintf("scaling %v of rank %d", a.Scaling, a.trainedRank()), nil)
	}
	for _, m := range a.Modules {
		if m.Rank != 0 || m.Alpha != 0 {
			tensor(fmt.Sprintf("%s %d %v", m.Name, m.Rank, m.Alpha), nil)
		}
	}
	for _, t := range a.Saved {
		tensor("whole "+t.Name, t.Data)
	}
	for _, t := range a.Biases {
		tensor(t.Name, t.Data)
	}
	for _, t := range a.Heads {
		tensor("by rank "+t.Name, t.Data)
	}
	return hex.EncodeToString(h.Sum(nil))
}
