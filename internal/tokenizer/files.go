package tokenizer

// Complete says whether a folder has a vocabulary in one of the layouts that Load reads; has
// says which files there are.
func Complete(has func(name string) bool) bool {
	return has(jsonFile) || has("vocab.json") && has("merges.txt") || has("vocab.txt") || has(pieceFile)
}
