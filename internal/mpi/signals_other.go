//go:build mpi && !linux && !windows

package mpi

type signals struct{}

func saveSignals() *signals { return nil }
func (*signals) restore()   {}
