# Golden values of a small attention critic (Iqbal & Sha 2019), float64, PyTorch autograd.
# The slope of LeakyReLU and the weight of the penalty are rounded to float32, because descriptors hold float32.
# Run it with PyTorch installed; it writes critic_golden.json beside it.
import torch, json, math, os, struct
f32=lambda x: struct.unpack('f',struct.pack('f',x))[0]
torch.set_default_dtype(torch.float64)
B,N,O,U,H,h=2,3,4,3,8,2; d=H//h; SL=f32(.01); PW=f32(1e-3)
# matrices are row-major [in,out] and used as  y = x @ W + b ; flat index i runs row-major, w[i] = scale*sin(freq*i+offset)
spec={ # name: (shape, scale, freq, offset)
 'W_e':((O+U,H),.8,1.7,.3),'b_e':((H,),.1,.7,.1),'W_s':((O,H),.8,2.3,1.1),'b_s':((H,),.1,.9,.2),
 'W_Q':((H,H),1.2,1.9,.5),'W_K':((H,H),1.2,2.7,.9),'W_V':((H,H),.8,3.3,1.7),'b_V':((H,),.1,.5,.4),
 'W_1':((2*H,H),.6,2.1,2.1),'b_1':((H,),.1,.3,.6),'W_2':((H,U),.9,2.9,.7),'b_2':((U,),.1,1.1,.8)}
def fill(shape,s,f,o):
    n=math.prod(shape); return (s*torch.sin(f*torch.arange(n)+o)).reshape(shape)
w={k:fill(*v).requires_grad_(True) for k,v in spec.items()}
obs=fill((B,N,O),1.,.37,.25); act=torch.tensor([[0,1,2],[2,2,0]]); y=fill((B,N),1.,.61,.15)
leaky=lambda x: torch.where(x>0,x,SL*x)
oh=torch.nn.functional.one_hot(act,U).to(obs)
e=leaky(torch.cat([obs,oh],-1)@w['W_e']+w['b_e']); s=leaky(obs@w['W_s']+w['b_s'])
split=lambda x: x.reshape(B,N,h,d).transpose(1,2)          # head t owns columns t*d..t*d+d-1
q=split(s@w['W_Q']); k=split(e@w['W_K']); v=split(leaky(e@w['W_V']+w['b_V']))
logits=q@k.transpose(-1,-2)/math.sqrt(d)                    # B,h,N,N ; row i = query, column j = key
eye=torch.eye(N,dtype=torch.bool)
att=torch.softmax(logits.masked_fill(eye,-math.inf),-1)
x=(att@v).transpose(1,2).reshape(B,N,H)                     # heads concatenated in order
Q=leaky(torch.cat([s,x],-1)@w['W_1']+w['b_1'])@w['W_2']+w['b_2']
Qa=Q.gather(-1,act[...,None])[...,0]
mse=((Qa-y)**2).mean(0).sum()                               # sum over agents of the mean over the batch
pen=(logits.masked_select(~eye)**2).mean()                  # mean over B, heads and the N(N-1) off-diagonal pairs
loss=mse+PW*pen
gp=torch.autograd.grad(pen,[w[n] for n in('W_e','b_e','W_s','b_s','W_Q','W_K')],retain_graph=True)
loss.backward()
L=lambda t:t.detach().tolist()
out=dict(about='attention critic golden; float64; made by critic_golden.py beside this file',torch=torch.__version__,B=B,N=N,O=O,U=U,H=H,heads=h,leaky=SL,penalty_weight=PW,
 weight_formula='w[i]=scale*sin(freq*i+offset), i row-major over [in,out]; y=x@W+b',spec={k:dict(shape=v[0],scale=v[1],freq=v[2],offset=v[3]) for k,v in spec.items()},
 input_formula=dict(obs=dict(shape=[B,N,O],scale=1.,freq=.37,offset=.25),y=dict(shape=[B,N],scale=1.,freq=.61,offset=.15)),
 obs=L(obs),actions=L(act),targets=L(y),weights={k:L(v) for k,v in w.items()},logits=L(logits),attention=L(att),x=L(x),Q=L(Q),Q_taken=L(Qa),
 mse=mse.item(),logit_penalty=pen.item(),loss=loss.item(),grads={k:L(v.grad) for k,v in w.items()},grads_of_logit_penalty_alone=dict(zip(('W_e','b_e','W_s','b_s','W_Q','W_K'),map(L,gp))))
with open(os.path.join(os.path.dirname(__file__),'critic_golden.json'),'w') as f: f.write('{\n'+',\n'.join(f' {json.dumps(k)}: {json.dumps(v)}' for k,v in out.items())+'\n}\n')
