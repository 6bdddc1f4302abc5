package adapter

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"github.com/dylora/dylora/internal/enum"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/weights"
)

// HeadMode says which ranks share the last layer of the head.
type HeadMode int

// The modes.
const (
	SharedHead  HeadMode = iota // one for all ranks, as in the paper
	RankHeads                   // each rank's own, trained in the steps of its rank
	FittedHeads                 // each rank's own, fitted to frozen features after training
)

var headModes = enum.Names[HeadMode]{SharedHead: "shared", RankHeads: "per-rank", FittedHeads: "fitted"}

// ParseHeadMode reads a mode's name.
func ParseHeadMode(name string) (HeadMode, error) {
	m, err := headModes.Parse(name)
	if err != nil {
		return 0, fault.Usagef("%w", err)
	}
	return m, nil
}

// String is the mode's name.
func (m HeadMode) String() string { return headModes.String(m) }

// headsName is the file of the last layers by rank. PEFT does not read it: for PEFT the folder
// is an adapter of rank R with the head of rank R. A slice has its rank's head alone and no such file.
const headsName = "rank_heads.safetensors"

// GrowHeads gives each rank a last layer of its own, a copy of the head's. An adapter that has
// them keeps those that it has.
func (a *Adapter) GrowHeads() error {
	if len(a.Heads) > 0 {
		return nil
	}
	if len(a.Head) < 2 {
		return errors.New("adapter: no head to give to each rank")
	}
	for _, t := range a.Head[len(a.Head)-2:] {
		h := weights.Tensor{Name: t.Name, Shape: append([]int{a.Rank}, t.Shape...), Data: slices.Repeat(t.Data, a.Rank)}
		a.Heads = append(a.Heads, h)
	}
	a.shareHead()
	return nil
}

// shareHead makes the head's last layer that of rank R: the same memory, so that training one
// trains the other.
func (a *Adapter) shareHead() {
	a.Head = slices.Clone(a.Head)
	for i, t := range a.Heads {
		n := len(t.Data) / a.Rank
		a.Head[len(a.Head)-2+i].Data = t.Data[len(t.Data)-n:]
	}
}

// TakeHeads gives a the head that of returns for each rank, of the shapes of a's own: that of R
// alone where all ranks share one.
func (a *Adapter) TakeHeads(of func(rank int) []weights.Tensor) {
	a.Head = of(a.Rank)
	for i, t := range a.Heads {
		n := len(t.Data) / a.Rank
		for r := range a.Rank {
			copy(t.Data[r*n:(r+1)*n], of(r + 1)[len(a.Head)-2+i].Data)
		}
	}
	if len(a.Heads) > 0 {
		a.shareHead()
	}
}

// HeadAt is the head that rank r computes with; rank 0, the base model, has that of R. It shares
// memory with a.
func (a *Adapter) HeadAt(r int) []weights.Tensor {
	if len(a.Heads) == 0 || r < 1 || r >= a.Rank {
		return a.Head
	}
	head := slices.Clone(a.Head)
	for i, t := range a.Heads {
		n := len(t.Data) / a.Rank
		head[len(head)-2+i].Data = t.Data[(r-1)*n : r*n]
	}
	return head
}

// TrainedHead are the tensors of the head as they are trained: the last two are Heads where
// each rank has its own.
func (a *Adapter) TrainedHead() []weights.Tensor {
	if len(a.Heads) == 0 {
		return a.Head
	}
	return slices.Concat(a.Head[:len(a.Head)-2], a.Heads)
}

// extraHeads is the number of scalars that the heads of ranks below R hold.
func (a *Adapter) extraHeads() (n int) {
	for _, t := range a.Heads {
		n += len(t.Data) / a.Rank * (a.Rank - 1)
	}
	return n
}

// checkHeads holds Heads against the head: a layer for each rank, of its shapes, the last of
// them the head's own.
func (a *Adapter) checkHeads() error {
	if len(a.Heads) == 0 {
		return nil
	}
	if len(a.Heads) != 2 || len(a.Head) < 2 {
		return fault.Invalidf("%d tensors of heads by rank for a head of %d tensors", len(a.Heads), len(a.Head))
	}
	for i, t := range a.Heads {
		last := a.Head[len(a.Head)-2+i]
		if t.Name != last.Name || !slices.Equal(t.Shape, append([]int{a.Rank}, last.Shape...)) || len(t.Data) != a.Rank*len(last.Data) {
			return fault.Invalidf("the heads by rank have %s %v, and the head of an adapter of rank %d has %s %v", show(t.Name), t.Shape, a.Rank, last.Name, last.Shape)
		}
		if !slices.Equal(t.Data[len(t.Data)-len(last.Data):], last.Data) {
			return fault.Invalidf("%s of rank %d differs from the head's: the files do not belong together", last.Name, a.Rank)
		}
	}
	return nil
}

// encodeHeads lays out headsName.
func (a *Adapter) encodeHeads(dtype string) ([]byte, error) {
	var list []safetensors.Tensor
	for _, h := range a.Heads {
		t, err := safetensors.Floats(dtype, h.Name, h.Shape, h.Data)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return safetensors.Encode(list, map[string]string{"format": "pt", "dylora.rank_heads": strconv.Itoa(a.Rank)})
}

// readHeads gives a the last layers by rank of its folder, if there are any.
func (f folder) readHeads(a *Adapter) error {
	b, err := f.weights(headsName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	path := f.path(headsName)
	file, err := safetensors.Parse(path, b)
	if err != nil {
		return err
	}
	if len(a.Head) < 2 || len(file.Tensors) != 2 {
		return fault.Invalidf("%s: %d tensors beside a head of %d; remove the file to use one head for all ranks", path, len(file.Tensors), len(a.Head))
	}
	for _, last := range a.Head[len(a.Head)-2:] {
		t, ok := file.Tensor(last.Name)
		if !ok {
			return fault.Invalidf("%s: no tensor %s, which the head has", path, last.Name)
		}
		v, err := finite(t)
		if err != nil {
			return fault.Invalidf("%s: %w", path, err)
		}
		a.Heads = append(a.Heads, weights.Tensor{Name: last.Name, Shape: slices.Clone(t.Shape), Data: v})
	}
	if err := a.checkHeads(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	a.shareHead()
	return nil
}
