//go:build !linux

package adapter

func exchange(a, b string) error { return exchangeByRename(a, b) }
