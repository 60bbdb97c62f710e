package machine

func fuse(code []*instr) []*instr { return code }
