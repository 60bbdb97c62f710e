# Golden values of convolutions and their gradients, float64, PyTorch autograd.
# Run it with PyTorch installed; it writes conv_golden.json beside it.
# Element i, row-major, of x [B,Y,X,C], w [KY,KX,C,F], b [F] and of the gradient dy of y is sin(freq*i + offset).
import json, math, os, torch
torch.set_default_dtype(torch.float64)
cases = [  # B, Y, X, C, KY, KX, F, stride, padding; Y = KY = 1 is a sequence
    (2, 5, 4, 3, 3, 3, 2, 1, 1), (1, 6, 7, 2, 3, 3, 3, 2, 1), (2, 3, 3, 4, 1, 1, 3, 1, 0), (1, 5, 6, 1, 4, 2, 2, 2, 2),
    (1, 2, 2, 2, 3, 3, 2, 1, 2), (2, 1, 9, 2, 1, 5, 3, 1, 2), (2, 1, 8, 3, 1, 3, 2, 2, 0)]
fills = {'x': (.37, .25), 'w': (1.7, .3), 'b': (.7, .1), 'dy': (.61, .15)}
def fill(name, shape):
    f, o = fills[name]
    return torch.sin(f*torch.arange(math.prod(shape)) + o).reshape(shape)
flat = lambda t: t.reshape(-1).tolist()
out = []
for B, Y, X, C, KY, KX, F, s, p in cases:
    x, w, b = fill('x', (B, Y, X, C)), fill('w', (KY, KX, C, F)), fill('b', (F,))
    for t in (x, w, b): t.requires_grad_(True)
    py, sy = (0, 1) if Y == KY == 1 else (p, s)
    y = torch.nn.functional.conv2d(x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1), b, stride=(sy, s), padding=(py, p)).permute(0, 2, 3, 1)
    y.backward(fill('dy', y.shape))
    out.append(dict(dims=[B, Y, X, C, KY, KX, F], stride=s, pad=p, shape=list(y.shape), y=flat(y.detach()), dx=flat(x.grad), dw=flat(w.grad), db=flat(b.grad)))
head = dict(about='convolutions golden; float64; made by conv_golden.py beside this file', torch=torch.__version__, fills=fills)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'conv_golden.json'), 'w') as f:
    f.write('{\n' + ',\n'.join(f' {json.dumps(k)}: {json.dumps(v)}' for k, v in head.items()) + ',\n "cases": [\n' + ',\n'.join('  ' + json.dumps(c) for c in out) + '\n ]\n}\n')
