/** Who asks, as the journal keeps it. */
export function userName(env: { readonly [name: string]: string | undefined }): string {
  return env.USER ?? env.LOGNAME ?? env.USERNAME ?? 'hand';
}
