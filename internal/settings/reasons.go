package settings

import "github.com/dylora/dylora/internal/fault"

// Reasons why settings are refused.
const (
	// UnknownSetting: a key of a file or an environment variable names no setting.
	UnknownSetting fault.Reason = "settings: unknown setting"
)
