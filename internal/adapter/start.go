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
// rank and alpha; the head stays a's own. Errors are fault.Usage and say which of them
// differs, with the reason OtherRank if it is the rank. The weights are copied.
func (a *Adapter) StartFrom(init *Adapter) error {
	if init.Rank != a.Rank {
		return fault.Because(OtherRank, fault.Usagef("its rank is %d, not %d: set rank to %d", init.Rank, a.Rank, init.Rank))
	}
	if init.Alpha != a.Alpha {
		return fault.Usagef("its alpha is %v, not %v, and its weights are made for that scale: set alpha to %v", init.Alpha, a.Alpha, init.Alpha)
	}
	switch {
	case init.RSLoRA:
		return fault.Usagef("its scale is alpha/√r, and training's is alpha/r")
	case len(init.Biases) > 0:
		return fault.Usagef("it holds biases of the base model, which training leaves as they are")
	}
	theirs, mine := map[string]Site{}, map[string]bool{}
	for _, s := range init.Sites {
		theirs[s.Name] = s
	}
	for _, s := range a.Sites {
		from, ok := theirs[s.Name]
		switch {
		case !ok:
			return fault.Usagef("it does not adapt %s: set targets to the maps that it adapts", s.Name)
		case from.Rank != 0 || from.Alpha != 0:
			return fault.Usagef("its %s has a rank or an alpha of its own, and training has one for all", s.Name)
		case from.In != s.In || from.Out != s.Out || len(from.A) != len(s.A) || len(from.B) != len(s.B):
			return fault.Usagef("its %s is (%d, %d), the model's (%d, %d): it is made for another model", s.Name, from.Out, from.In, s.Out, s.In)
		}
		mine[s.Name] = true
	}
	for _, s := range init.Sites {
		if !mine[s.Name] {
			return fault.Usagef("it adapts %s as well: set targets to the maps that it adapts", s.Name)
		}
	}
	for _, s := range a.Sites {
		copy(s.A, theirs[s.Name].A)
		copy(s.B, theirs[s.Name].B)
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
	for _, s := range a.Sites {
		tensor(s.Name, s.A)
		tensor("", s.B)
	}
	for _, t := range a.Head {
		tensor(t.Name, t.Data)
	}
	if a.RSLoRA {
		tensor("rslora", nil)
	}
	for _, s := range a.Sites {
		if s.Rank != 0 || s.Alpha != 0 {
			tensor(fmt.Sprintf("%s %d %v", s.Name, s.Rank, s.Alpha), nil)
		}
	}
	for _, t := range a.Biases {
		tensor(t.Name, t.Data)
	}
	return hex.EncodeToString(h.Sum(nil))
}
