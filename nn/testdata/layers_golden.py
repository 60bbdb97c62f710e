# Golden values of normalisation, GELU and cross-entropy, float64, PyTorch autograd.
# Run it with PyTorch installed; it writes layers_golden.json beside it.
import torch, json, math, os
import torch.nn.functional as F
torch.set_default_dtype(torch.float64)
def fill(f, o, *shape):  # the same formula is in the test
    return torch.sin(f * torch.arange(math.prod(shape)) + o).reshape(shape).requires_grad_(True)
B, P, C, G, N = 2, 3, 6, 3, 5
cases = {}
def case(name, y, **inputs):
    r = torch.cos(.7 * torch.arange(y.numel())).reshape(y.shape)  # weights of the loss
    g = torch.autograd.grad((y * r).sum(), list(inputs.values()), retain_graph=True)
    L = lambda t: t.detach().reshape(-1).tolist()
    cases[name] = dict(y=L(y), grads={k: L(v) for k, v in zip(inputs, g)})
x, gamma, beta, film = fill(1.3, .2, B, P, C), fill(.9, .5, C), fill(.4, 1.1, C), fill(.6, .3, B, 2 * C)
h = F.group_norm(x.transpose(1, 2), G, gamma, beta, eps=.125).transpose(1, 2)
case('groupnorm', h, x=x, gamma=gamma, beta=beta)
case('groupnorm film silu', F.silu((1 + film[:, None, :C]) * h + film[:, None, C:]), x=x, gamma=gamma, beta=beta, film=film)
case('layernorm gelu', F.gelu(F.layer_norm(x, [C], gamma, beta, eps=.125)), x=x, gamma=gamma, beta=beta)
logits, labels, w = fill(2.1, .7, 4, N), torch.tensor([3, 0, 4, 3]), torch.tensor([1., .5, 2., .25, 3.])
case('crossentropy', F.cross_entropy(logits, labels), logits=logits)
case('crossentropy weighted', F.cross_entropy(logits, labels, weight=w), logits=logits)
image = fill(1.7, .1, 1, 4, 4, 2)
case('avgpool', F.avg_pool2d(image.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1), image=image)
case('upsample', F.interpolate(image.permute(0, 3, 1, 2), scale_factor=2).permute(0, 2, 3, 1), image=image)
out = dict(about='layers golden; float64; made by layers_golden.py beside this file', torch=torch.__version__, cases=cases)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'layers_golden.json'), 'w') as f:
    f.write(json.dumps(out, indent=1).replace('\n     ', ' ') + '\n')
