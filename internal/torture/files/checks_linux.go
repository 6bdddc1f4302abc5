package files

import "github.com/dylora/dylora/internal/torture/row"

// checks are those of the rows.
func checks() map[string]func(*row.Trial) error {
	return map[string]func(*row.Trial) error{
		"R1":  killedAnywhere,
		"R2":  killedInSave,
		"R3":  powerLost,
		"R8":  diskFails,
		"R10": locked,
		"R12": stopped,
		"R17": killedWriting,
		"R18": writingFails,
		"R19": writtenTogether,
		"R20": endedByOthers,
		"R21": oddSurroundings,
	}
}
