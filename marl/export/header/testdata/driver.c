/* Reads observations and masks, writes outputs and actions. The header's name comes from the command line. */
#include HEADER
#include <stdio.h>

int main(void)
{
    float obs[GMEL_POLICY_OBSERVATIONS], outputs[GMEL_POLICY_ACTIONS];
    unsigned char legal[GMEL_POLICY_ACTIONS], action[2];
    while (fread(obs, sizeof obs, 1, stdin) == 1 && fread(legal, sizeof legal, 1, stdin) == 1) {
        gmel_policy_outputs(obs, outputs);
        action[0] = (unsigned char)gmel_policy_act(obs, legal);
        action[1] = (unsigned char)gmel_policy_act(obs, NULL);
        fwrite(outputs, sizeof outputs, 1, stdout);
        fwrite(action, sizeof action, 1, stdout);
        if (gmel_policy_observe(0, 3.7f) != OBSERVED)
            return 1;
    }
    return fflush(stdout) != 0;
}
