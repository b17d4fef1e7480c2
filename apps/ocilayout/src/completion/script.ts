/** The shells that have a completion script. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** A shell with a completion script. */
export type Shell = (typeof SHELLS)[number];

/**
 * Returns the completion script of a shell. It calls `ocilayout __complete WORD…`, which prints one candidate in each line, and
 * completes names of files itself.
 */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}

const SCRIPTS: Readonly<Record<Shell, string>> = {
  // bash breaks words at colons, so the words are cut from the line, and the part before the last colon is removed again.
  bash: `# ocilayout completion for bash: source <(ocilayout completion bash)
_ocilayout() {
  local line="\${COMP_LINE:0:COMP_POINT}" cur candidates
  local -a words
  read -ra words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  cur="\${words[\${#words[@]}-1]}"
  candidates="$(ocilayout __complete "\${words[@]:1}" 2>/dev/null)"
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$candidates" -- "$cur"))
  local head="\${cur%"\${cur##*:}"}" at
  if [[ "$cur" == *:* && "$COMP_WORDBREAKS" == *:* ]]; then
    for at in "\${!COMPREPLY[@]}"; do COMPREPLY[at]="\${COMPREPLY[at]#"$head"}"; done
  fi
  [[ "\${COMPREPLY[0]-}" == */ || "\${COMPREPLY[0]-}" == *: ]] && compopt -o nospace
}
complete -o default -F _ocilayout ocilayout
`,
  zsh: `#compdef ocilayout
# ocilayout completion for zsh: source <(ocilayout completion zsh)
_ocilayout() {
  local -a candidates
  candidates=("\${(@f)$(ocilayout __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -Q -S '' -- "\${(@)candidates:#}"
  _files
}
compdef _ocilayout ocilayout
`,
  fish: `# ocilayout completion for fish: ocilayout completion fish | source
complete -c ocilayout -a '(ocilayout __complete (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
};
