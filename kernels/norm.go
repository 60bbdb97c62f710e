package kernels

import "fmt"

// checkNorm checks the groups and the function of a group normalisation.
func (d *Desc) checkNorm() error {
	if d.Dim[3] == 0 || d.Dim[2]%d.Dim[3] != 0 {
		return fmt.Errorf("%s: %d groups do not divide %d channels", d.Op, d.Dim[3], d.Dim[2])
	}
	switch d.Fn {
	case FnIdentity, FnReLU, FnSiLU, FnGELU: // the slope is known from the input alone
	default:
		return fmt.Errorf("%s: no function %s, only identity, relu, silu and gelu", d.Op, d.Fn)
	}
	if d.Flags&^FlagAccumulate != 0 {
		return fmt.Errorf("%s: unknown flags %04b", d.Op, d.Flags)
	}
	return nil
}
