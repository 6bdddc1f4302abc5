package train

import (
	"errors"
	"math"

	"github.com/dylora/dylora/internal/program"
)

// lossWidth is how many numbers a loss takes: its 64 bits in two halves, which are handed on as they are.
const lossWidth = 2

// exchange puts the branches of all processes together: Grad becomes the gradient of the whole step on each. err is this process's
// failure so far.
//
// Each process adds up a section of the numbers, of all processes, and gives the sums to all. So it sends and gets about twice its
// gradient, however many processes there are; that all got all gradients would cost as many times as there are processes.
func (l *Loop) exchange(loss float64, err error) (float64, error) {
	if l.group == nil {
		return loss, err
	}
	if err == nil {
		err, l.pending = l.pending, nil
	}
	params, size := l.learner.Params(), l.group.Size()
	x := l.parcels.fit(params, size)
	at := 0
	for _, p := range params {
		at += copy(x.own[at:], p.Grad)
	}
	if e := l.group.Alltoall(x.own, x.pieces); e != nil {
		return 0, errors.Join(err, e)
	}
	mine := append(x.mine[:0], l.fold(cut(x.pieces, size))...)
	bits := math.Float64bits(loss)
	mine = append(mine, math.Float32frombits(uint32(bits>>32)), math.Float32frombits(uint32(bits)), 0, 0)
	l.own(err).put(mine[len(mine)-statusWidth:])
	if e := l.group.Allgather(mine, x.all); e != nil {
		return 0, errors.Join(err, e)
	}
	if err := l.heard(x.all, err); err != nil {
		return 0, err
	}
	losses, sums := make([]float64, size), x.own[:0]
	for i, piece := range cut(x.all, size) {
		sums = append(sums, piece[:x.section]...)
		half := piece[x.section:]
		losses[i] = math.Float64frombits(uint64(math.Float32bits(half[0]))<<32 | uint64(math.Float32bits(half[1])))
	}
	for _, p := range params {
		sums = sums[copy(p.Grad, sums):]
	}
	return total(losses), nil
}

// parcels are the numbers that are exchanged.
type parcels struct {
	section int       // numbers that each process adds up
	own     []float32 // this process's gradient, and zeros up to a multiple of section
	pieces  []float32 // of this process's section, of each process
	mine    []float32 // the sums, the loss and the status
	all     []float32 // mine of each process
}

// fit makes them large enough for the gradients of so many processes.
func (x *parcels) fit(params []program.Param, size int) *parcels {
	numbers := 0
	for _, p := range params {
		numbers += len(p.Grad)
	}
	if section := (numbers + size - 1) / size; x.section != section || x.own == nil {
		width := section + lossWidth + statusWidth
		*x = parcels{section, make([]float32, section*size), make([]float32, section*size), make([]float32, 0, width), make([]float32, width*size)}
	}
	return x
}

// cut is x in so many pieces.
func cut(x []float32, size int) [][]float32 {
	pieces, width := make([][]float32, size), len(x)/size
	for i := range pieces {
		pieces[i] = x[i*width : (i+1)*width]
	}
	return pieces
}

// fold adds pieces up as tree does parts, in place, and gives their sum.
func (l *Loop) fold(pieces [][]float32) []float32 {
	if len(pieces) == 1 {
		return pieces[0]
	}
	middle := branch(0, len(pieces))
	left, right := l.fold(pieces[:middle]), l.fold(pieces[middle:])
	l.learner.Machine().AddScaled(right, left, 1)
	return right
}

// total adds losses up as tree does.
func total(losses []float64) float64 {
	if len(losses) == 1 {
		return losses[0]
	}
	middle := branch(0, len(losses))
	return total(losses[:middle]) + total(losses[middle:])
}
